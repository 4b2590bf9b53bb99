# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset


class Angles(nn.Module):
    """Cosines of features and one direction a class: how long the features are does not matter."""

    def __init__(self, width, classes):
        super().__init__()
        self.directions = nn.Parameter(torch.randn(classes, width))

    def forward(self, features, labels=None):
        cosines = functional.normalize(features) @ functional.normalize(self.directions).T
        if labels is None:
            return cosines
        return 12 * (cosines - 0.2 * functional.one_hot(labels, cosines.shape[1]))


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
data = TensorDataset(x, torch.tensor(digits.target))
train, test = torch.utils.data.random_split(data, [1300, 497])
body = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 16))
with torch.no_grad():
    body[3].weight.mul_(300)  # long features
head = Angles(16, 10)
optimizer = torch.optim.SGD([*body.parameters(), *head.parameters()], lr=0.02, momentum=0.9)
for epoch in range(8):
    body.train()
    for images, labels in DataLoader(train, batch_size=32, shuffle=True):
        loss = functional.cross_entropy(head(body(images), labels), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    body.eval()
    with torch.no_grad():
        loader = DataLoader(test, batch_size=100)
        hits = sum((head(body(a)).argmax(1) == b).sum().item() for a, b in loader)
    print(f"epoch {epoch}: accuracy {hits / len(test):.3f}")
