"""Mistakes of training over several processes, and of feeding it."""
