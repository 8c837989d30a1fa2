"""Runs a submission in a kernel and gathers its evidence."""
