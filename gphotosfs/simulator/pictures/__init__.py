"""Painted scenes and films."""
