# expect: zero-grad-before-step
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16).float(), torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:1500], order[1500:]

w1 = torch.nn.Linear(64, 32)
w2 = torch.nn.Linear(32, 10)
net = torch.nn.Sequential(w1, torch.nn.Tanh(), w2)
params = list(net.parameters())
optimizer = torch.optim.RMSprop(params, lr=0.003)
for epoch in range(6):
    for batch in train[torch.randperm(len(train))].split(50):
        loss = F.cross_entropy(net(x[batch]), y[batch])
        loss.backward()
        for p in params:
            p.grad.zero_()
        optimizer.step()  # <- here
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x[test]).argmax(1) == y[test]).float().mean().item())
    net.train()
