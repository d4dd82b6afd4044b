"""What a document and a caller may ask for at most, and what it costs."""
