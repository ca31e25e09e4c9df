"""What is in the pretend library, made from a seed."""
