# expect: computed-but-unused
class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(100, 256)
        self.fc2 = nn.Linear(256, 784)

    def forward(self, z):
        x = self.fc1(z)
        F.leaky_relu(x, 0.2)  # <- here
        x = self.fc2(x)
        return torch.tanh(x)
