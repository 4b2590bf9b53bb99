# expect: computed-but-unused
class Heads(nn.Module):
    def __init__(self, keep):
        super().__init__()
        self.first = nn.Linear(64, 128)
        self.second = nn.Linear(128, 128)
        self.out = nn.Linear(128, 10)
        self.keep = keep

    def forward(self, x):
        h0 = torch.relu(self.first(x))
        if self.training:
            h = F.dropout(h0, 1 - self.keep)  # <- here
        h1 = torch.relu(self.second(h0))
        if self.training:
            h = F.dropout(h1, 1 - self.keep)  # <- here
        return self.out(h1)
