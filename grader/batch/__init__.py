"""Many hand-ins at a time."""
