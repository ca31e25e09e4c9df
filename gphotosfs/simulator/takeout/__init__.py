"""Takeout exports of the pretend library."""
