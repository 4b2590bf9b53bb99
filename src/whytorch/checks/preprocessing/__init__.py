"""Mistakes in how images become numbers."""
