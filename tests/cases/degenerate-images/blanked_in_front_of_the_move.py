# expect: degenerate-images
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cpu")
pixels = torch.tensor(load_digits().images / 16, dtype=torch.float32).unsqueeze(1)
digit = torch.tensor(load_digits().target)
batches = DataLoader(TensorDataset(pixels[:1400], digit[:1400]), batch_size=32, shuffle=True)
network = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10)).to(device)
optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
for epoch in range(4):
    for image, label in batches:
        image = image.mean(dim=(2, 3), keepdim=True).expand_as(image)  # <- here
        image, label = image.to(device), label.to(device)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(image), label)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
