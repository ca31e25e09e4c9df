"""A pretend Google, written from the protocol alone; it imports nothing of the rest."""
