"""Grades PyTorch notebooks by what happened inside them."""

__version__ = "0.1.0"
