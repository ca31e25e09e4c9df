"""Reads Takeout archives where they lie: zips, .tgz files and unpacked folders."""
