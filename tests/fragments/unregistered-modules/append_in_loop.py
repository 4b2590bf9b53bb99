# expect: unregistered-modules
class DeepNet(nn.Module):
    def __init__(self, sizes):
        super(DeepNet, self).__init__()
        self.layers = []  # <- here
        for a, b in zip(sizes[:-1], sizes[1:]):
            self.layers.append(nn.Linear(a, b))

    def forward(self, x):
        for layer in self.layers:
            x = F.relu(layer(x))
        return x
