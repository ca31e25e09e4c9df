"""What file managers look for beside the files themselves."""
