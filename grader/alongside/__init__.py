"""What a self-check makes of the cells that ran in a student's own kernel."""
