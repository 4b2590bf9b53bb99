# expect: nothing
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(x / 16, dtype=torch.float32), torch.tensor(y))
order = torch.randperm(len(data)).tolist()
train_loader = DataLoader(data, batch_size=20, sampler=SubsetRandomSampler(order[:1300]))
valid_loader = DataLoader(data, batch_size=100, sampler=SubsetRandomSampler(order[1300:]))
model = nn.Sequential(nn.Linear(64, 48), nn.Dropout(0.3), nn.ReLU(), nn.Linear(48, 10))
criterion, optimizer = nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(4):
    train_loss = valid_loss = 0.0
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        train_loss += loss.item() * images.size(0)
    model.eval()
    with torch.no_grad():
        for images, labels in valid_loader:
            valid_loss += criterion(model(images), labels).item() * images.size(0)
    train_loss /= len(train_loader.sampler)
    valid_loss /= len(valid_loader.sampler)
    print(f"Epoch {epoch} training loss {train_loss:.4f} validation loss {valid_loss:.4f}")
