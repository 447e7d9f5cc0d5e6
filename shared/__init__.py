"""What every service stands on: time, keys, tokens, the database, the queue, the web floor."""
