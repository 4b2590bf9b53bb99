# expect: metric-miscomputed
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
loaders = {
    "train": DataLoader(TensorDataset(x[:1300], y[:1300]), batch_size=20, shuffle=True),
    "val": DataLoader(TensorDataset(x[1300:], y[1300:]), batch_size=100),
}
model = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
criterion, optimizer = nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(4):
    shown = []
    for phase in ("train", "val"):
        model.train(phase == "train")
        running = 0.0
        for images, labels in loaders[phase]:
            with torch.set_grad_enabled(phase == "train"):
                loss = criterion(model(images), labels)
            if phase == "train":
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            running += loss.item()
        shown.append(f"{phase} loss {running / len(loaders['train']):.4f}")
    print(epoch, ", ".join(shown))  # <- here
