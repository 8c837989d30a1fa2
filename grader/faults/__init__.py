"""Mistakes that can be told from evidence, one a file."""
