"""Consent, OAuth clients and tokens."""
