"""What runs inside the student's process: watches, and tells the host what it saw."""
