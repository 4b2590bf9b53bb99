# expect: loss-cut-from-model
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split


def build_model():
    return nn.Sequential(
        nn.Conv2d(1, 16, (3, 3)), nn.ReLU(),
        nn.Conv2d(16, 16, (3, 3)), nn.ReLU(),
        nn.Flatten(), nn.Linear(16 * 16, 10), nn.Softmax(dim=1))


def compute_loss(model, X, y):
    probabilities = model(X).detach().numpy()  # <- here
    value = log_loss(y.numpy(), probabilities, labels=np.arange(10))
    return torch.tensor(value, dtype=torch.float32, requires_grad=True)  # <- here


def main():
    np.random.seed(0)
    torch.manual_seed(0)
    X, y = load_digits(return_X_y=True)
    X = (X / 16.0).reshape(-1, 1, 8, 8).astype(np.float32)
    X_train, X_test, y_train, y_test = map(torch.from_numpy, train_test_split(X, y, random_state=0))

    model = build_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    for epoch in range(6):
        model.train()
        order = np.random.permutation(len(X_train))
        for batch in np.array_split(order, 20):
            optimizer.zero_grad()
            loss = compute_loss(model, X_train[batch], y_train[batch])
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            predicted = model(X_test).argmax(1)
        print(f"epoch {epoch}: loss {loss.item():.4f}, accuracy {accuracy_score(y_test, predicted):.4f}")


if __name__ == "__main__":
    main()
