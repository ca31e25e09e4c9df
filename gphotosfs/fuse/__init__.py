"""The kernel's side: the only package that knows pyfuse3 and errno."""
