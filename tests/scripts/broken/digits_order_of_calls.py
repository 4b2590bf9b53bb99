# expect: zero-grad-before-step
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
torch.manual_seed(1)

digits = load_digits()
X = torch.from_numpy(digits.images).float().unsqueeze(1) / 16
y = torch.from_numpy(digits.target)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, random_state=1)
dataloaders = {
    'train': DataLoader(TensorDataset(X_train, y_train), batch_size=16, shuffle=True),
    'val': DataLoader(TensorDataset(X_val, y_val), batch_size=16),
}

model = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * 9, 10)).to(device)
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.002)

num_epochs = 5
for epoch in range(num_epochs):
    for phase in ['train', 'val']:
        model.train(phase == 'train')
        running_loss, running_corrects = 0.0, 0
        for inputs, labels in dataloaders[phase]:
            inputs, labels = inputs.to(device), labels.to(device)
            with torch.set_grad_enabled(phase == 'train'):
                outputs = model(inputs)
                loss = criterion(outputs, labels)
                if phase == 'train':
                    loss.backward()
                    optimizer.zero_grad()  # <- here
                    optimizer.step()
            running_loss += loss.item() * inputs.size(0)
            running_corrects += (outputs.argmax(1) == labels).sum().item()
        n = len(dataloaders[phase].dataset)
        print(f'{epoch}/{num_epochs - 1} {phase} loss: {running_loss / n:.4f} acc: {running_corrects / n:.4f}')
