# expect: nothing
class Fire(nn.Module):
    def __init__(self):
        super().__init__()
        self.squeeze = nn.Conv2d(64, 16, 1)
        self.left = nn.Conv2d(16, 32, 1)
        self.right = nn.Conv2d(16, 32, 3, padding=1)
        self.after = nn.Conv2d(64, 64, 3, groups=4)
        self.norm = nn.BatchNorm2d(64)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        x = torch.cat([self.left(x), self.right(x)], dim=1)
        return self.norm(self.after(x))
