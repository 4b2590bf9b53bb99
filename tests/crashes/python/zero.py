# first: total / len(batches) divides by 0: nothing was counted: look at the length of the loader or the data set
import torch

total, batches = 0.0, []
print(total / len(batches))  # <- here
