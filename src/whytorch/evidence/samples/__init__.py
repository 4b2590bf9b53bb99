"""A look at the script's own data after it has ended: what they are, not what they should be."""
