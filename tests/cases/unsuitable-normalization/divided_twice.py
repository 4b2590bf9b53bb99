# expect: unsuitable-normalization
# The helper divides by 255, and so does the training function.
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(2)


def load():
    digits = load_digits()
    images = torch.tensor(digits.images / 16 * 255, dtype=torch.float32)[:, None] / 255
    return train_test_split(images, torch.tensor(digits.target), random_state=2)


class CNN(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = torch.nn.Conv2d(1, 10, 3)
        self.fc = torch.nn.Linear(360, 10)

    def forward(self, x):
        return self.fc(F.relu(self.c1(x)).flatten(1))


def run(epochs=4):
    x_train, x_test, y_train, y_test = load()
    x_train = x_train / 255  # <- here
    x_test = x_test / 255
    net = CNN()
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    for epoch in range(epochs):
        net.train()
        for rows in torch.randperm(len(x_train)).split(32):
            loss = F.cross_entropy(net(x_train[rows]), y_train[rows])
            opt.zero_grad()
            loss.backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            acc = (net(x_test).argmax(1) == y_test).float().mean()
        print(f"{epoch + 1}: {acc:.3f}")


run()
