# first: torch.cuda.is_available()
import torch
from torch import nn

device = "cuda:0"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


def main():
    net = Net()
    net.to(device)  # <- here
    nn.functional.cross_entropy(net(torch.randn(8, 4).to(device)), torch.zeros(8).long().to(device))


main()
