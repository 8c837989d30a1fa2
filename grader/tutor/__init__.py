"""What a student is told between a check and the next: hints, what is known, what to do next."""
