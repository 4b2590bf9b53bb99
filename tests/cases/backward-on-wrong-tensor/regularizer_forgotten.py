# expect: backward-on-wrong-tensor
import torch
import torch.nn as nn

torch.manual_seed(0)
x = torch.randn(500, 20)
y = (x[:, 0] - x[:, 1] > 0).long()
model = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(4):
    model.train()
    for i in torch.randperm(400).split(20):
        optimizer.zero_grad()
        ce = criterion(model(x[i]), y[i])
        l1 = sum(p.abs().sum() for p in model.parameters())
        loss = ce + 1e-3 * l1
        ce.backward()  # <- here
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.3f}")
model.eval()
with torch.no_grad():
    print("accuracy", (model(x[400:]).argmax(1) == y[400:]).float().mean().item())
