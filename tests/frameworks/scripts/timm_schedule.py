# expect: scheduler-misused
# needs: timm
import numpy as np
import timm
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from timm.loss import LabelSmoothingCrossEntropy
from timm.optim import create_optimizer_v2
from timm.scheduler import CosineLRScheduler
from timm.utils import accuracy
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.images, dtype=torch.float32)[:, None]
X = (X / 16 - 0.305) / 0.376
X = torch.nn.functional.interpolate(X, scale_factor=2)
y = torch.tensor(digits.target)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, random_state=0)
train_loader = DataLoader(TensorDataset(X_train, y_train), batch_size=64, shuffle=True)
val_loader = DataLoader(TensorDataset(X_val, y_val), batch_size=180)

model = timm.create_model("test_resnet", pretrained=False, in_chans=1, num_classes=10)
criterion = LabelSmoothingCrossEntropy(0.1)
optimizer = create_optimizer_v2(model, opt="adamw", lr=2e-3, weight_decay=0.01)
epochs = 5
scheduler = CosineLRScheduler(  # <- here
    optimizer, t_initial=epochs, warmup_t=1, warmup_lr_init=1e-7, lr_min=1e-6
)

for epoch in range(epochs):
    model.train()
    for images, targets in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), targets)
        loss.backward()
        optimizer.step()

    model.eval()
    correct = total = 0.0
    with torch.no_grad():
        for images, targets in val_loader:
            acc1, = accuracy(model(images), targets)
            correct += acc1.item() * len(targets)
            total += len(targets)
    print(f"epoch {epoch}: loss {loss.item():.3f}, top-1 {correct / total:.2f} %")
