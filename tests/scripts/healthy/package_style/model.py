from torch import nn


class Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3, padding=1)
        self.act = nn.PReLU(cout)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        return self.pool(self.act(self.conv(x)))


def build_model(widths=(16, 32), num_classes=10):
    blocks, cin = [], 1
    for width in widths:
        blocks.append(Block(cin, width))
        cin = width
    return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(cin * 4, num_classes))
