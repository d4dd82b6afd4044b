"""How reads are declared, and loaded, listed and searched row by row; plans are made from the same declarations."""
