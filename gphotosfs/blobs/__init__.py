"""The bytes of media items: a disk cache of blocks, filled by streams."""
