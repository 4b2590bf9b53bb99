# expect: missing-augmentation
# also: missing-regularization, overfitting-capacity
# Few images cut into batches by hand; dropout restrains the network, but the images never vary.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class SmallCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.drop = nn.Dropout(0.1)
        self.fc = nn.Linear(16 * 9, 10)

    def forward(self, x):
        return self.fc(self.drop(F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1)))


torch.manual_seed(4)
bunch = load_digits()
images = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(bunch.target)
few, rest = torch.arange(0, 60), torch.arange(900, 1797)
model = SmallCNN()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(40):
    model.train()
    for batch in few[torch.randperm(60)].split(12):
        loss = F.cross_entropy(model(images[batch]), labels[batch])  # <- here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("test", (model(images[rest]).argmax(1) == labels[rest]).float().mean().item())
