# expect: backward-on-wrong-tensor
import torch
from torch import nn, optim


class Trainer:
    def __init__(self, model, lr):
        self.model, self.loss_fn = model, nn.NLLLoss()
        self.optimizer = optim.SGD(model.parameters(), lr=lr)

    def step(self, x, y):
        self.optimizer.zero_grad()
        out = self.model(x)
        loss = self.loss_fn(torch.log_softmax(out, dim=1), y)
        penalty = out.pow(2).mean() * 0.01
        penalty.backward()  # <- here
        self.optimizer.step()
        return loss.item()


torch.manual_seed(1)
x = torch.randn(900, 10)
y = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()
trainer = Trainer(nn.Sequential(nn.Linear(10, 24), nn.Tanh(), nn.Linear(24, 3)), lr=0.1)
for epoch in range(4):
    trainer.model.train()
    losses = [trainer.step(x[i], y[i]) for i in torch.randperm(800).split(40)]
    print("epoch", epoch, "loss", sum(losses) / len(losses))
trainer.model.eval()
with torch.no_grad():
    print("accuracy", (trainer.model(x[800:]).argmax(1) == y[800:]).float().mean().item())
