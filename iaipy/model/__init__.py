"""Frozen records that flow through the five stages; no I/O here."""
