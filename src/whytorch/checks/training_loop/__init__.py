"""Mistakes in the training loop: the order of its calls, modes, what is kept."""
