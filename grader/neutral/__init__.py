"""Ways to write the same solution, one a file; each must change no verdict."""
