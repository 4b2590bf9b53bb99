# expect: nothing
class Tagger(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.lstm = nn.LSTM(dim, 64)
        self.attention = nn.MultiheadAttention(64, 4)
        self.fc = nn.Linear(64, 9)

    def forward(self, x):
        both = self.lstm(x)
        out = both[0]
        out = self.attention(out, out, out)[0]
        result = self.lstm(out)
        out, (h, c) = result
        return self.fc(out)
