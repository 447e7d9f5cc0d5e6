"""What the notifier computes: values in, values out, and `now` is always an argument."""
