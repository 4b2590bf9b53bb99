"""Mistakes in how a result is measured."""
