"""The parties intake asks: one module each."""
