"""The tables' history, in Tortoise's own migrations."""
