"""What a process does to itself before it reads a student's first byte."""
