# expect: missing-backward
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16).float().view(-1, 1, 8, 8), torch.tensor(y)
loaders = {
    "training": DataLoader(TensorDataset(X[:1400], y[:1400]), batch_size=32, shuffle=True),
    "validation": DataLoader(TensorDataset(X[1400:], y[1400:]), batch_size=100),
}
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
criterion, optimizer = nn.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(3):
    for phase, loader in loaders.items():
        model.train(phase == "training")
        hits = 0
        for inputs, labels in loader:
            optimizer.zero_grad()
            with torch.set_grad_enabled(phase == "training"):
                outputs = model(inputs)
                loss = criterion(outputs, labels)
                if phase == "train":
                    loss.backward()  # <- here
                    optimizer.step()
            hits += (outputs.argmax(1) == labels).sum().item()
        print(epoch, phase, hits / len(loader.dataset))
