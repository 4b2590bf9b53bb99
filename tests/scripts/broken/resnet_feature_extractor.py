# expect: frozen-parameters
# also: frozen-batchnorm-drifts
"""ResNet-18 on the digits, as RGB pictures."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split
from torchvision import models

torch.manual_seed(0)


def colour_digits(n):
    """Each digit twice as large, in a random colour on a dark ground."""
    bunch = load_digits()
    gray = torch.tensor(bunch.images[:n], dtype=torch.float32)[:, None] / 16
    gray = F.interpolate(gray, scale_factor=2, mode="bilinear")
    colour = torch.rand(n, 3, 1, 1) * 0.5 + 0.5
    rgb = gray * colour + 0.02 * torch.randn(n, 3, 16, 16)
    return TensorDataset((rgb - 0.2) / 0.25, torch.tensor(bunch.target[:n]))


def initialize_model(num_classes, feature_extract):
    model = models.resnet18(weights=None)
    model.maxpool = nn.Identity()
    if feature_extract:
        for param in model.parameters():
            param.requires_grad = False  # <- here
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    return model


data = colour_digits(900)
train_set, val_set = random_split(data, [700, 200])
loaders = {"train": DataLoader(train_set, batch_size=50, shuffle=True),
           "val": DataLoader(val_set, batch_size=100)}

net = initialize_model(10, feature_extract=True)
params_to_update = [p for p in net.parameters() if p.requires_grad]
optimizer = torch.optim.Adam(params_to_update, lr=1e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(2):
    for phase in ("train", "val"):
        net.train(phase == "train")
        right, total_loss = 0, 0.0
        for x, y in loaders[phase]:
            optimizer.zero_grad()
            with torch.set_grad_enabled(phase == "train"):
                out = net(x)
                loss = criterion(out, y)
                if phase == "train":
                    loss.backward()
                    optimizer.step()
            right += (out.argmax(1) == y).sum().item()
            total_loss += loss.item() * len(y)
        n = len(loaders[phase].dataset)
        print(f"{epoch} {phase}: loss {total_loss / n:.4f} acc {right / n:.4f}")
