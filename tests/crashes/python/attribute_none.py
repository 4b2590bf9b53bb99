# first: None
import torch

model = torch.nn.Linear(3, 1)
model = model.train().apply(lambda m: None)
config = None
opt = torch.optim.SGD(model.parameters(), lr=config.lr)  # <- here
