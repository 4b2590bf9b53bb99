# expect: no-held-out-evaluation
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits


def get_data():
    images, labels = load_digits(return_X_y=True)
    return torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels)


def train(model, x, y, epochs):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(epochs):  # <- here
        right = 0
        for rows in torch.randperm(len(x)).split(64):
            scores = model(x[rows])
            loss = F.cross_entropy(scores, y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            right += (scores.argmax(1) == y[rows]).sum().item()
        print(f"epoch {epoch} loss {loss.item():.3f} accuracy {right / len(x):.3f}")


if __name__ == "__main__":
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(64, 50), torch.nn.ReLU(), torch.nn.Linear(50, 10))
    net(torch.randn(2, 64))  # does it run?
    train(net, *get_data(), epochs=5)
    torch.save(net.state_dict(), "net.pt")
