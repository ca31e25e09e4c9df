"""Side-by-side measurements of gphotosfs and `rclone mount` on one simulated Google."""
