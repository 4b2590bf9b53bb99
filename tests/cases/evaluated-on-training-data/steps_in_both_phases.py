# expect: evaluated-on-training-data
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
x = x + 0.4 * torch.randn_like(x)
sets = {"train": TensorDataset(x[:300], y[:300]), "val": TensorDataset(x[300:700], y[300:700])}
loaders = {p: DataLoader(s, 25, shuffle=p == "train") for p, s in sets.items()}
model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(8):
    for phase in ["train", "val"]:
        model.train(phase == "train")
        running_loss, running_corrects = 0.0, 0
        for inputs, labels in loaders[phase]:
            optimizer.zero_grad()
            outputs = model(inputs)
            _, preds = torch.max(outputs, 1)
            loss = criterion(outputs, labels)
            loss.backward()  # <- here
            optimizer.step()  # <- here
            running_loss += loss.item() * inputs.size(0)
            running_corrects += torch.sum(preds == labels.data)
        n = len(sets[phase])
        print(f"{phase} Loss: {running_loss / n:.4f} Acc: {running_corrects.double() / n:.4f}")
