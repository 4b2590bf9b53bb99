# expect: scheduler-misused
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class Trainer:
    def __init__(self, model, lr=0.01):
        self.model = model
        self.optim = torch.optim.Adam(model.parameters(), lr=lr)
        self.scheduler = torch.optim.lr_scheduler.ExponentialLR(self.optim, gamma=0.8)

    def step(self, x, y):
        self.optim.zero_grad()
        loss = F.cross_entropy(self.model(x), y)
        loss.backward()
        self.optim.step()
        self.scheduler.step()  # <- here
        return loss.item()

    def fit(self, x, y, epochs, batch_size):
        for epoch in range(epochs):
            self.model.train()
            losses = [self.step(x[i], y[i]) for i in torch.randperm(len(x)).split(batch_size)]
            print(f"{epoch}: {sum(losses) / len(losses):.3f}")


torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.Flatten(),
                    nn.Linear(256, 10))
trainer = Trainer(net, lr=0.001)
trainer.fit(x[:1400], y[:1400], epochs=5, batch_size=40)
net.eval()
with torch.no_grad():
    print((net(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
