# first: config has no 'lr', only 'learning_rate', 'epochs': use one of these, or print(config.keys())
import torch

config = {"learning_rate": 0.1, "epochs": 3}
opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=config["lr"])  # <- here
