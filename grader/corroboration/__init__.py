"""What outside the student's process bears out, or speaks against, what was told from inside."""
