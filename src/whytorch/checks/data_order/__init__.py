"""Mistakes in the order in which samples are drawn."""
