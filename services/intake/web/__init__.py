"""Intake's doors: pages for clients and staff, JSON for programs and for the other services."""
