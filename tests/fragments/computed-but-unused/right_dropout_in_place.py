# expect: nothing
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
            F.dropout(h0, 1 - self.keep, True, True)
        h1 = torch.relu(self.second(h0))
        if self.training:
            h1 = F.dropout(h1, 1 - self.keep)
        scores = self.out(h1)
        shares = F.softmax(scores, dim=1)  # for whoever looks with a debugger
        return scores
