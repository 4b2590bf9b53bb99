# expect: dropout-active-in-evaluation
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(3, 32, 5)
        self.fc1 = nn.Linear(32 * 14 * 14, 500)
        self.fc2 = nn.Linear(500, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = x.view(-1, 32 * 14 * 14)
        x = F.relu(self.fc1(x))
        x = F.dropout(x)  # <- here
        return F.log_softmax(self.fc2(x), dim=1)


model = Net().to(device)
model.eval()
with torch.no_grad():
    for data, target in test_loader:
        output = model(data.to(device))
