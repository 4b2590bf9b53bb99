# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.optim.lr_scheduler import MultiStepLR
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=50, shuffle=True)
EPOCHS = 8


def train(path, until, resume=False):
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    sgd = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    schedule = MultiStepLR(sgd, milestones=[5, 7])
    begin = 0
    if resume:
        saved = torch.load(path)
        net.load_state_dict(saved["net"])
        sgd.load_state_dict(saved["sgd"])
        schedule.load_state_dict(saved["schedule"])
        begin = saved["epoch"]
    for epoch in range(begin, until):
        net.train()
        for a, b in loader:
            sgd.zero_grad()
            nn.functional.cross_entropy(net(a), b).backward()
            sgd.step()
        schedule.step()
        net.eval()
        with torch.no_grad():
            right = (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
        print(f"epoch {epoch} rate {sgd.param_groups[0]['lr']:.4f} test accuracy {right:.4f}")
        torch.save({"net": net.state_dict(), "sgd": sgd.state_dict(),
                    "schedule": schedule.state_dict(), "epoch": epoch + 1}, path)


train("last.pt", 4)
train("last.pt", EPOCHS, resume=True)
