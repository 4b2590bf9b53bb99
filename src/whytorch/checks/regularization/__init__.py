"""Mistakes in what holds the network back: dropout, normalization, decay."""
