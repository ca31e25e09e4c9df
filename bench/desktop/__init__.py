"""Opens a mount in real file managers on a virtual screen, and counts what that costs at Google."""
