"""Mistakes in the labels: their encoding, their range, what they belong to."""
