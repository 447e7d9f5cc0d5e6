"""The notifier's doors, one module per audience."""
