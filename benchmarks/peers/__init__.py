"""Servers that the product is compared with: each answers the same questions from the same tables."""
