# expect: nothing
class DeepNet(nn.Module):
    def __init__(self, sizes):
        super(DeepNet, self).__init__()
        layers = []
        for a, b in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(a, b), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.blocks = [nn.Linear(4, 4) for _ in range(3)]
        self.body = nn.Sequential(*self.blocks)
        self.names = ["a", "b"]

    def forward(self, x):
        return self.body(self.layers(x))
