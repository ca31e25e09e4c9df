"""The files that mount(8), systemd and the desktop look for."""
