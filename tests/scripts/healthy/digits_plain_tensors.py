# expect: nothing
# result: test ([\d.]+)
# No DataLoader: everything fits into memory.
import torch
from sklearn.datasets import load_digits

g = torch.Generator().manual_seed(99)
torch.manual_seed(99)

X, y = (torch.as_tensor(a) for a in load_digits(return_X_y=True))
order = torch.randperm(len(X), generator=g)
X, y = X[order].float().view(-1, 1, 8, 8), y[order]
n_train = 1300
X_train, y_train, X_test, y_test = X[:n_train], y[:n_train], X[n_train:], y[n_train:]

mu, sigma = X_train.mean(), X_train.std()
X_train = (X_train - mu) / sigma
X_test = (X_test - mu) / sigma

model = torch.nn.Sequential(
    torch.nn.Conv2d(1, 20, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.Conv2d(20, 20, 3, stride=2, padding=1),
    torch.nn.ReLU(),
    torch.nn.Flatten(),
    torch.nn.Linear(320, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, nesterov=True, momentum=0.9)
batch_size = 100

for epoch in range(1, 11):
    model.train()
    permutation = torch.randperm(n_train, generator=g)
    for start in range(0, n_train, batch_size):
        idx = permutation[start:start + batch_size]
        logits = model(X_train[idx])
        loss = torch.nn.functional.cross_entropy(logits, y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    if epoch % 2 == 0:
        model.eval()
        with torch.no_grad():
            train_acc = (model(X_train).argmax(1) == y_train).float().mean()
            test_acc = (model(X_test).argmax(1) == y_test).float().mean()
        print(f"Epoch {epoch:>2}: train {train_acc:.3f} test {test_acc:.3f}")
