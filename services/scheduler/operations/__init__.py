"""The verbs of the scheduler: a session first, facts as keywords, flushed and never committed."""
