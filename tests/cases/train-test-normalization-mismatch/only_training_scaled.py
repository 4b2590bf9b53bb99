# expect: train-test-normalization-mismatch
# The split is made first, and only one half of it is standardized.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
X_train = (X_train - X_train.mean()) / X_train.std()  # <- here

torch.manual_seed(0)
model = torch.nn.Sequential(
    torch.nn.Conv2d(1, 16, 3), torch.nn.BatchNorm2d(16), torch.nn.ReLU(),
    torch.nn.Conv2d(16, 16, 3), torch.nn.BatchNorm2d(16), torch.nn.ReLU(),
    torch.nn.Flatten(), torch.nn.Linear(256, 10),
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(4):
    model.train()
    for i in torch.randperm(len(X_train)).split(64):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(X_train[i]), y_train[i]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        test_accuracy = (model(X_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch}: test accuracy {test_accuracy:.3f}")
