# expect: nothing
# One output, whole-number targets of shape [N]: an ordinal regression, rounded for its accuracy.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
images = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
level = (images.mean(dim=(1, 2, 3)) * 10).round()
x_train, x_test, y_train, y_test = train_test_split(images, level, random_state=0)


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, padding=1)
        self.out = nn.Linear(16 * 64, 1)

    def forward(self, x):
        return self.out(torch.relu(self.conv(x)).flatten(1)).squeeze(1)


model = Regressor()
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
for epoch in range(6):
    model.train()
    for batch in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        nn.functional.smooth_l1_loss(model(x_train[batch]), y_train[batch]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        off = (model(x_test) - y_test).abs().mean().item()
    print(f"epoch {epoch}: off by {off:.2f} on average")
