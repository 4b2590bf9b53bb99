# expect: nothing
# Of linear layers there is one, the head: its units are told apart by their labels.
import torch.nn as nn


class Residual(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.body = nn.Conv2d(width, width, 3, padding=1)
        self.head = nn.Linear(width, classes)
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.constant_(m.weight, 0)
                nn.init.constant_(m.bias, 0)

    def forward(self, x):
        x = self.stem(x).relu()
        return self.head((x + self.body(x)).relu().mean(dim=(2, 3)))
