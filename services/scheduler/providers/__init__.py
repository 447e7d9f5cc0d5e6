"""Those whom the scheduler asks: one class per outside party."""
