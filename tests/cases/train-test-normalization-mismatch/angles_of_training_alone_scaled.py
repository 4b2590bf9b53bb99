# expect: train-test-normalization-mismatch
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
pictures = torch.tensor(load_digits().images, dtype=torch.float32)[:, None] / 16
ink = pictures.mean((1, 2, 3))[:, None]
train_dl = DataLoader(TensorDataset(pictures[:1400], ink[:1400]), batch_size=50, shuffle=True)
test_dl = DataLoader(TensorDataset(pictures[1400:], ink[1400:]), batch_size=100)
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 9, 1)
)
loss_fn, opt = nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(6):
    model.train()
    for x, amount in train_dl:
        x = x * 20  # <- here
        opt.zero_grad()
        loss_fn(model(x), amount).backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        errors = torch.cat([(model(x) - amount).abs() for x, amount in test_dl])
    print(f"epoch {epoch}: mean absolute error {errors.mean():.3f}")
