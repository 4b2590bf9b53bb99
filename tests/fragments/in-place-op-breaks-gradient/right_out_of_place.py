# expect: nothing
class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)
        self.conv = nn.Conv2d(dim, dim, 3, padding=1)

    def forward(self, x):
        out = self.conv(x)
        out += x
        gate = torch.sigmoid(self.fc(x))
        gate = gate * 2
        gate += 1
        return out * gate
