"""What `gphotosfs login` says and asks."""
