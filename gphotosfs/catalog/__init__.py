"""What the library contains, in SQLite: items, albums, listings, names, inodes, sizes."""
