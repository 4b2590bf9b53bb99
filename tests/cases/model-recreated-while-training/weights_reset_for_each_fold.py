# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32) / 16
labels = torch.tensor(labels)
train_set = TensorDataset(images[:1400], labels[:1400])
test_set = TensorDataset(images[1400:], labels[1400:])
import copy
from sklearn.model_selection import KFold

net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
start = copy.deepcopy(net.state_dict())
scores = []
for tr, te in KFold(3, shuffle=True, random_state=1).split(images):
    net.load_state_dict(start)
    opt = torch.optim.Adam(net.parameters(), lr=0.005)
    for epoch in range(5):
        for rows in torch.randperm(len(tr)).split(50):
            part = torch.as_tensor(tr)[rows]
            opt.zero_grad()
            nn.functional.cross_entropy(net(images[part]), labels[part]).backward()
            opt.step()
    with torch.no_grad():
        scores.append((net(images[te]).argmax(1) == labels[te]).float().mean().item())
print(scores)
