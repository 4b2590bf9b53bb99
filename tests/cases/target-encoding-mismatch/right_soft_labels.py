# expect: nothing
# Float rows that sum to 1 are labels that cross_entropy knows: mixup by hand.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8)
x_train, x_test, y_train, y_test = train_test_split(x, torch.tensor(y), random_state=0)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
for epoch in range(6):
    net.train()
    for rows in torch.randperm(len(x_train)).split(64):
        images, labels = x_train[rows], F.one_hot(y_train[rows], 10).float()
        share = torch.distributions.Beta(0.2, 0.2).sample()
        other = torch.randperm(len(rows))
        images = share * images + (1 - share) * images[other]
        labels = share * labels + (1 - share) * labels[other]
        optimizer.zero_grad()
        F.cross_entropy(net(images), labels).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x_test).argmax(1) == y_test).float().mean().item())
