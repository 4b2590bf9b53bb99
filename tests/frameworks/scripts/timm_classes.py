# expect: output-count-mismatch
# needs: timm
import timm
import torch
from sklearn.datasets import load_digits
from timm.optim import create_optimizer_v2
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(7)
digits = load_digits()
images = torch.from_numpy(digits.images).float()[:, None] / 16
images = nn.functional.interpolate((images - 0.305) / 0.376, size=16)
train_set, test_set = random_split(
    TensorDataset(images, torch.from_numpy(digits.target)), [1497, 300]
)
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
test_loader = DataLoader(test_set, batch_size=150)

model = timm.create_model("test_resnet", in_chans=1, num_classes=9)  # <- here
optimizer = create_optimizer_v2(model, opt="adam", lr=1e-3)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(3):
    model.train()
    for x, y in train_loader:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print(f"epoch {epoch + 1}: accuracy {hits / len(test_set):.3f}")
