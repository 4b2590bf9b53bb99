# expect: unscaled-inputs
# The mean is taken away, but pixels still run from about -130 to 130.
import numpy as np
import torch

rng = np.random.default_rng(0)
n = 900
labels = rng.integers(0, 3, n)
images = rng.integers(0, 120, (n, 12, 12, 3))
for image, label in zip(images, labels):
    row, column = rng.integers(0, 7, 2)
    image[row:row + 5, column:column + 5, label] += 130

images = images - images.mean(axis=(0, 1, 2))
x = torch.tensor(images.transpose(0, 3, 1, 2), dtype=torch.float32)  # <- here
y = torch.tensor(labels)
torch.manual_seed(1)
model = torch.nn.Sequential(
    torch.nn.Conv2d(3, 16, 3), torch.nn.ReLU(), torch.nn.Conv2d(16, 16, 3), torch.nn.ReLU(),
    torch.nn.Flatten(), torch.nn.Linear(16 * 64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 3),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(4):
    model.train()
    for batch in torch.randperm(700).split(50):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(x[700:]).argmax(1) == y[700:]).float().mean().item()
    print(epoch, loss.item(), accuracy)
