"""Mistakes in the optimization: what is optimized, how fast, and for how long."""
