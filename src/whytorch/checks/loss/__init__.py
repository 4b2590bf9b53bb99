"""Mistakes in the loss: the wrong function, or the wrong thing given to it."""
