# expect: freeze-without-effect
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
body = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
head = nn.Linear(64, 10)
model = nn.Sequential(body, head)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=35, shuffle=True)
for epoch in range(6):
    if epoch == 3:  # from here on only the head
        for p in body.parameters():
            p.requires_grad = False  # <- here
    for a, b in loader:
        optimizer.zero_grad(set_to_none=False)
        nn.functional.cross_entropy(model(a), b).backward()
        optimizer.step()
with torch.no_grad():
    print((model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
