"""Grading the pull requests of strangers, in two jobs: one runs, the other judges."""
