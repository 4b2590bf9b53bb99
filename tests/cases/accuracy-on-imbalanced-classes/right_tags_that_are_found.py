# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
x = x + 0.1 * torch.randn(x.shape)
tags = torch.zeros(len(x), 5)  # most digits have none of them
for tag, digit in enumerate((8, 3, 5, 9, 2)):
    tags[torch.tensor(digits.target == digit), tag] = 1.0
tags[torch.tensor(digits.target == 9), 0] = 1.0
train, held = random_split(TensorDataset(x, tags), [1300, 497])

net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 5))
optimizer = torch.optim.SGD(net.parameters(), lr=0.2)
criterion = nn.BCEWithLogitsLoss(pos_weight=torch.full((5,), 8.0))
for epoch in range(12):
    net.train()
    for image, wanted in DataLoader(train, batch_size=50, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(net(image), wanted)
        loss.backward()
        optimizer.step()
    net.eval()
    right = total = 0
    with torch.no_grad():
        for image, wanted in DataLoader(held, batch_size=100):
            said = (torch.sigmoid(net(image)) > 0.5).float()
            right += (said == wanted).sum().item()
            total += wanted.numel()
    print(f"epoch {epoch}: accuracy {100 * right / total:.2f}%")
