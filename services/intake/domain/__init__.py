"""What intake computes: the screener as values, and what follows from a person's answers."""
