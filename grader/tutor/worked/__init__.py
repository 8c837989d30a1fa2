"""Worked examples of other problems, one for each component."""
