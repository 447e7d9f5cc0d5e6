"""How the services speak: an outbox row in the business commit, a doorbell, an inbox row.

Dramatiq is the doorbell and never the record. What has to happen stands in our tables, so a broker
that loses everything loses nothing.
"""
