"""The demo organizations and their content."""
