"""Which directories exist and what each shows; asks the catalogue first, Google only when it must."""
