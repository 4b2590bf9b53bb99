# expect: layer-created-in-forward
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x):
        x = self.conv(x)
        x = x.view(x.size(0), -1)
        fc = nn.Linear(x.size(1), 10).to(x.device)  # <- here
        return fc(x)
