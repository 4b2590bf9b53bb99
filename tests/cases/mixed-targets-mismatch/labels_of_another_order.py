# expect: mixed-targets-mismatch
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def blend(values, share):
    partner = values[torch.randperm(len(values))]
    return share * values + (1 - share) * partner  # <- here


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
data = TensorDataset(x[:1300], torch.tensor(digits.target[:1300]))
loader = DataLoader(data, batch_size=50, shuffle=True)
net = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(5):
    net.train()
    for images, labels in loader:
        share = torch.distributions.Beta(1.0, 1.0).sample()
        soft = nn.functional.one_hot(labels, 10).float()
        scores = net(blend(images, share))
        loss = -(blend(soft, share) * scores.log_softmax(1)).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    right = net(x[1300:]).argmax(1) == torch.tensor(digits.target[1300:])
print(f"accuracy {right.float().mean().item():.3f}")
