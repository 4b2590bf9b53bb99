# expect: nothing
# needs: sklearn
# result: Test accuracy: ([\d.]+)
# Exported from a notebook.

# %% imports
import numpy as np
import torch
from sklearn import datasets

# %% hyperparameters
EPOCHS = 12
BATCH_SIZE = 50
LEARNING_RATE = 0.02
torch.manual_seed(8); np.random.seed(8)

# %% data
bunch = datasets.load_digits()
order = np.random.permutation(len(bunch.target))
X = bunch.data[order].astype(np.float32)
Y = bunch.target[order].astype(np.int64)
X = (X - X[:1200].mean()) / X[:1200].std()
train_ds = torch.utils.data.TensorDataset(torch.from_numpy(X[:1200]), torch.from_numpy(Y[:1200]))
val_ds = torch.utils.data.TensorDataset(torch.from_numpy(X[1200:1500]), torch.from_numpy(Y[1200:1500]))
test_ds = torch.utils.data.TensorDataset(torch.from_numpy(X[1500:]), torch.from_numpy(Y[1500:]))
train_dl = torch.utils.data.DataLoader(train_ds, batch_size=BATCH_SIZE, shuffle=True)
val_dl = torch.utils.data.DataLoader(val_ds, batch_size=300)
test_dl = torch.utils.data.DataLoader(test_ds, batch_size=300)

# %% model
class MLP(torch.nn.Module):
    def __init__(self, n_in=64, n_hidden=96, n_out=10):
        super(MLP, self).__init__()
        self.fc1 = torch.nn.Linear(n_in, n_hidden)
        self.fc2 = torch.nn.Linear(n_hidden, n_hidden)
        self.drop = torch.nn.Dropout(0.1)
        self.out = torch.nn.Linear(n_hidden, n_out)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = self.drop(torch.relu(self.fc2(x)))
        return self.out(x)

model = MLP()
loss_fn = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=0.9)
print(sum(p.numel() for p in model.parameters()), "parameters")

# %% training
history = {"loss": [], "val_loss": [], "val_acc": []}
for epoch in range(EPOCHS):
    model.train()
    losses = []
    for xb, yb in train_dl:
        pred = model(xb)
        loss = loss_fn(pred, yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        for xb, yb in val_dl:
            pred = model(xb)
            history["val_loss"].append(loss_fn(pred, yb).item())
            history["val_acc"].append((pred.argmax(1) == yb).float().mean().item())
    history["loss"].append(np.mean(losses))
    print("epoch %2d  loss %.4f  val_loss %.4f  val_acc %.4f" % (
        epoch, history["loss"][-1], history["val_loss"][-1], history["val_acc"][-1]))

# %% test
model.eval()
correct = 0
with torch.no_grad():
    for xb, yb in test_dl:
        correct += (model(xb).argmax(1) == yb).sum().item()
print("Test accuracy: {:.4f}".format(correct / len(test_ds)))
