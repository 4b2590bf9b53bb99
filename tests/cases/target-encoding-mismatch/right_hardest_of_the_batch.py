# expect: nothing
# Of each batch the most distant image of the same class and the nearest of another: what is pulled
# together differs more than what is held apart.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(5)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
embed = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 24))
optimizer = torch.optim.Adam(embed.parameters(), lr=1e-3)
loss_of = nn.TripletMarginLoss(margin=0.5)
for epoch in range(6):
    for images, labels in DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=70, shuffle=True):
        with torch.no_grad():
            apart = torch.cdist(embed(images), embed(images))
            alike = labels[:, None] == labels[None]
            hardest = (apart * alike).argmax(1)
            nearest = (apart + 1e3 * alike).argmin(1)
        loss = loss_of(embed(images), embed(images[hardest]), embed(images[nearest]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
with torch.no_grad():
    found = torch.cdist(embed(x[1400:]), embed(x[:1400])).argmin(1)
print("nearest neighbour of the same class:", (y[:1400][found] == y[1400:]).float().mean().item())
