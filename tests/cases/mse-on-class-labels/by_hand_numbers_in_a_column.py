# expect: mse-on-class-labels
import torch

torch.manual_seed(0)
points = torch.randn(600, 4)
kind = (points[:, 0] > 0).long() + 2 * (points[:, 1] > 0).long()
model = torch.nn.Sequential(torch.nn.Linear(4, 20), torch.nn.ReLU(), torch.nn.Linear(20, 4))
opt = torch.optim.Adam(model.parameters(), lr=0.01)


def squared_error(scores, labels):
    return ((scores - labels.view(-1, 1)) ** 2).mean()  # <- here


for epoch in range(4):
    model.train()
    for i in torch.randperm(500).split(25):
        loss = squared_error(model(points[i]), kind[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(points[500:]).argmax(1) == kind[500:]).float().mean().item())
