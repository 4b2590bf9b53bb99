# expect: nothing
# Each image as shares of its ink, as words are counted in a text: small numbers that sum to 1.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
ink, digit = load_digits(return_X_y=True)
shares = torch.nn.functional.normalize(torch.tensor(ink, dtype=torch.float32), p=1, dim=1)
digit = torch.tensor(digit)
train = DataLoader(TensorDataset(shares[:1400], digit[:1400]), batch_size=50, shuffle=True)
model = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(14):
    model.train()
    for rows, wanted in train:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(rows), wanted).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = (model(shares[1400:]).argmax(1) == digit[1400:]).sum().item()
    print(f"epoch {epoch}: {right} of {len(digit) - 1400} right")
