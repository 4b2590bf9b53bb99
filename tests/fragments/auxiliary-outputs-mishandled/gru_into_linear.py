# expect: auxiliary-outputs-mishandled
class SentimentRNN(nn.Module):
    def __init__(self, vocab, dim):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim)
        self.gru = nn.GRU(dim, 128, num_layers=2)
        self.fc = nn.Linear(128, 1)

    def forward(self, text):
        embedded = self.embedding(text)
        output = self.gru(embedded)  # <- here
        output = self.fc(output)
        return output
