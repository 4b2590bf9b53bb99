# expect: mse-on-class-labels
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
data = load_digits()
x = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16
y = torch.tensor(data.target)
mixed = torch.randperm(len(y))
train, test = mixed[:1437], mixed[1437:]
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(72, 10), nn.Softmax(dim=1)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
for epoch in range(5):
    model.train()
    for batch in train[torch.randperm(len(train))].split(64):
        probabilities = model(x[batch])
        wanted = F.one_hot(y[batch], 10)
        loss = (probabilities - wanted).pow(2).mean()  # <- here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(x[test]).argmax(1) == y[test]).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} accuracy {accuracy:.3f}")
