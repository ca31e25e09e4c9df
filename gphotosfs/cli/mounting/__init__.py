"""From a command to a daemon that serves a mount, and how it is found again."""
