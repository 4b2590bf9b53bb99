# first: labels holds text, and tensors hold numbers: number the classes first: classes = sorted(set(names)), [classes.index(n) for n in names]
import numpy as np
import torch

labels = np.array(["cat", "dog", "cat"])
y = torch.from_numpy(labels)  # <- here
