"""Mistakes in the network: sizes that do not fit, layers that do not learn."""
