# expect: nothing
# Warm-up and steps inside one SequentialLR; a plateau scheduler that waits for the accuracy.
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim import lr_scheduler

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
warmup = lr_scheduler.LinearLR(opt, start_factor=0.1, total_iters=1)
decay = lr_scheduler.StepLR(opt, step_size=2, gamma=0.3)
both = lr_scheduler.SequentialLR(opt, [warmup, decay], milestones=[1])
plateau = lr_scheduler.ReduceLROnPlateau(opt, mode="max", patience=2)
for epoch in range(6):
    net.train()
    for rows in torch.randperm(1400).split(50):
        opt.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        accuracy = (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    both.step()
    plateau.step(accuracy)
    print(epoch, accuracy, opt.param_groups[0]["lr"])
