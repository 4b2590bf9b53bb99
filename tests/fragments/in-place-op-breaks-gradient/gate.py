# expect: in-place-op-breaks-gradient
class Gated(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(self, x):
        gate = torch.sigmoid(self.fc(x))
        gate *= 2  # <- here
        return x * gate
