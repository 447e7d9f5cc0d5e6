"""Parties that are not there: servers of our own that answer as carriers and mail servers do.

The tests talk to them, and so does a practice that tries things out (`softstart simulate`).
"""
