# first: names[torch.tensor(2).item()] is beyond the end of the list: use an index from 0 to its length - 1
names = ["a", "b"]
import torch
print(names[torch.tensor(2).item()])  # <- here
