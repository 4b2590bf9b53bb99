# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x).float() / 16, torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:1400], order[1400:]


class Net(nn.Module):
    def __init__(self, adapter):
        super().__init__()
        self.fc1 = nn.Linear(64, 48)
        self.adapter = nn.Linear(48, 48) if adapter else nn.Identity()
        self.fc2 = nn.Linear(48, 10)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        return self.fc2(x + self.adapter(x) if isinstance(self.adapter, nn.Linear) else x)


def fit(model, inputs, epochs):
    learning = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(learning, lr=4e-3)
    model.train()
    for _ in range(epochs):
        for rows in train[torch.randperm(len(train))].split(50):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs[rows]), y[rows]).backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        print("test accuracy", (model(inputs[test]).argmax(1) == y[test]).float().mean().item())


base = Net(adapter=False)
fit(base, x, epochs=5)
adapted = Net(adapter=True)
adapted.load_state_dict(base.state_dict(), strict=False)
adapted.requires_grad_(False)
adapted.adapter.requires_grad_(True)
fit(adapted, x.view(-1, 8, 8).flip(2).flatten(1), epochs=8)  # mirrored digits
