# expect: mse-on-class-labels
# also: broadcast-loss
import warnings
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

warnings.filterwarnings('ignore')
torch.manual_seed(1)

BATCH_SIZE = 10
LR = 0.005
EPOCHS = 4

raw = load_digits()
dataset = TensorDataset(torch.Tensor(raw.images).unsqueeze(1) / 16., torch.LongTensor(raw.target))
train_data, test_data = random_split(dataset, [1400, 397])
train_loader = DataLoader(train_data, batch_size=BATCH_SIZE, shuffle=True, drop_last=True)
test_loader = DataLoader(test_data, batch_size=BATCH_SIZE)


class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=3)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=3)
        self.fc = nn.Linear(20 * 4 * 4, 10)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        x = x.view(-1, 20 * 4 * 4)
        return self.fc(x)


net = ConvNet()
loss_function = nn.MSELoss()
optimizer = optim.Adam(net.parameters(), lr=LR)

for epoch in range(EPOCHS):
    net.train()
    total_loss = 0
    for data, label in train_loader:
        optimizer.zero_grad()
        prediction = net(data)
        loss = loss_function(prediction, label.float())  # <- here
        loss.backward()
        optimizer.step()
        total_loss += loss.item()
    print('Epoch:', epoch, 'Loss:', total_loss / len(train_loader))

net.eval()
correct = 0
with torch.no_grad():
    for data, label in test_loader:
        correct += (net(data).argmax(1) == label).sum().item()
print('Accuracy on', len(test_data), 'test images:', 100 * correct / len(test_data), '%')
