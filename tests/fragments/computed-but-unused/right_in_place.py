# expect: nothing
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(100, 256)
        self.act = nn.ReLU(True)
        self.bn = nn.BatchNorm1d(256)
        self.fc2 = nn.Linear(256, 10)

    def forward(self, x):
        x = self.fc1(x)
        self.bn(x)
        self.act(x)
        F.relu(x, inplace=True)
        x.clamp_(min=0)
        features = x
        x = self.fc2(x)
        self.log("norm", x.norm())
        return x, features
