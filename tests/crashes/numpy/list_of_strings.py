# first: ['cat', 'dog'] holds text, and tensors hold numbers: number the classes first: classes = sorted(set(names)), [classes.index(n) for n in names]
import torch

y = torch.tensor(["cat", "dog"])  # <- here
