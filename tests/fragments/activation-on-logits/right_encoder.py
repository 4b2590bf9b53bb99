# expect: nothing
# An encoder may end in ReLU: the head comes behind it.
class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, 128)

    def forward(self, x):
        return F.relu(self.fc(x))


encoder = Encoder()
head = nn.Linear(128, 10)
criterion = nn.CrossEntropyLoss()
for x, y in loader:
    loss = criterion(head(encoder(x)), y)
    loss.backward()
