# first: pip install nonexistent_package_abc
import torch
import nonexistent_package_abc  # <- here
