# expect: nothing
"""The best epoch by validation, as the tutorials do it; the test set is looked at once."""
import copy

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
full = TensorDataset(torch.tensor(x / 16).float(), torch.tensor(y))
parts = dict(zip(("train", "val", "test"), random_split(full, [1197, 300, 300])))
dataloaders = {k: DataLoader(v, 30, shuffle=k == "train") for k, v in parts.items()}


def run(model, phase, optimizer=None):
    model.train(phase == "train")
    corrects = 0
    for inputs, labels in dataloaders[phase]:
        with torch.set_grad_enabled(phase == "train"):
            outputs = model(inputs)
            loss = nn.functional.cross_entropy(outputs, labels)
            if phase == "train":
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        corrects += torch.sum(outputs.argmax(1) == labels).item()
    return corrects / len(parts[phase])


model = nn.Sequential(nn.Linear(64, 50), nn.ReLU(), nn.Linear(50, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
best_model_wts, best_acc = copy.deepcopy(model.state_dict()), 0.0
for epoch in range(8):
    run(model, "train", optimizer)
    epoch_acc = run(model, "val")
    print(f"epoch {epoch} val Acc: {epoch_acc:.4f}")
    if epoch_acc > best_acc:
        best_acc = epoch_acc
        best_model_wts = copy.deepcopy(model.state_dict())
print(f"Best val Acc: {best_acc:4f}")
model.load_state_dict(best_model_wts)
print(f"Test Acc: {run(model, 'test'):.4f}")
