"""The notifier's verbs. Each takes the open session first, flushes, and never commits.

Locks are always taken in one order: first the appointment's projection, then its notifications.
"""
