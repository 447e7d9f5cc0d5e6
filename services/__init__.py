"""Three services that never import one another, and the command that runs them together."""
