"""Intake's verbs. Each takes an open session, flushes, and never commits."""
