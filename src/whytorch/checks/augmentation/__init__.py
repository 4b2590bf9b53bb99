"""Augmentation: transforms that vary the images, and targets mixed with them."""
