# expect: nothing
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset

np.random.seed(3)
torch.manual_seed(3)
digits = load_digits()
dataset = TensorDataset(torch.FloatTensor(digits.data / 16), torch.LongTensor(digits.target))
order = np.random.permutation(len(dataset))
cut = int(0.8 * len(dataset))
loaders = {
    'train': DataLoader(dataset, 36, sampler=SubsetRandomSampler(order[:cut])),
    'valid': DataLoader(dataset, 100, sampler=SubsetRandomSampler(order[cut:])),
}
model = nn.Sequential(nn.Linear(64, 50), nn.ReLU(), nn.Dropout(0.1), nn.Linear(50, 10))
optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3)
for epoch in range(5):
    for phase in ['train', 'valid']:
        model.train(phase == 'train')
        running = 0
        for inputs, labels in loaders[phase]:
            with torch.set_grad_enabled(phase == 'train'):
                outputs = model(inputs)
                loss = nn.functional.cross_entropy(outputs, labels)
            if phase == 'train':
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            running += (outputs.argmax(1) == labels).sum().item()
        print(phase, 'acc: {:.4f}'.format(running / len(loaders[phase].sampler)))
