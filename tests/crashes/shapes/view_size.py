# first: features | 3920
import torch

features = torch.randn(5, 16, 7, 7)
labels = torch.zeros(5)
weight = torch.zeros(800, 1, requires_grad=True)
flat = features.view(5, 800)  # <- here
torch.nn.functional.mse_loss(flat @ weight, labels).backward()
