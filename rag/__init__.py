"""Text: articles, their chunks and vectors, search and draft answers. Knows no tickets."""
