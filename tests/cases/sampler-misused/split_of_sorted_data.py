# expect: sampler-misused
# also: train-test-distribution-shift
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset

torch.manual_seed(0)
bunch = load_digits()
by_digit = bunch.target.argsort(kind='stable')
dataset = TensorDataset(torch.tensor(bunch.images[by_digit]).float() / 16,
                        torch.tensor(bunch.target[by_digit]))

indices = list(range(len(dataset)))
split = int(0.2 * len(dataset))
train_idx, valid_idx = indices[split:], indices[:split]
train_loader = DataLoader(dataset, batch_size=32, sampler=SubsetRandomSampler(train_idx))  # <- here
valid_loader = DataLoader(dataset, batch_size=32, sampler=SubsetRandomSampler(valid_idx))

model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 32), torch.nn.ReLU(),
                            torch.nn.Linear(32, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    model.train()
    for data, target in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data), target)
        loss.backward()
        optimizer.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in valid_loader:
            correct += (model(data).argmax(1) == target).sum().item()
    print('epoch', epoch, 'validation accuracy', correct / len(valid_idx))
