"""What is demanded of an assignment, one demand a file."""
