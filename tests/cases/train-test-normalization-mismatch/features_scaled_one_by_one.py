# expect: train-test-normalization-mismatch
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=400, random_state=0)
x_train = StandardScaler().fit_transform(x_train)
as_tensor = lambda a: torch.tensor(a, dtype=torch.float32)
x_train, x_test = as_tensor(x_train), as_tensor(x_test)  # <- here
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
sgd = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(8):
    model.train()
    for rows in torch.randperm(len(x_train)).split(50):
        sgd.zero_grad()
        loss = nn.functional.cross_entropy(model(x_train[rows]), y_train[rows])
        loss.backward()
        sgd.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch} test accuracy {accuracy:.3f}")
