"""One check per file; the file name is the kind a rubric names."""
