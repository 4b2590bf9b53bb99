# expect: nll-without-log-softmax
# One class for each pixel: bright, middling or dark.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
images = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
masks = (images.squeeze(1) * 2.99).long()
noisy = images + 0.1 * torch.randn_like(images)
x_train, x_test, y_train, y_test = train_test_split(noisy, masks, random_state=0)
model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 3, 1)
)
criterion = nn.NLLLoss(reduction="mean")
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(4):
    model.train()
    for batch in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        loss = criterion(model(x_train[batch]), y_train[batch])  # <- here
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = (model(x_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, pixel accuracy {right:.3f}")
