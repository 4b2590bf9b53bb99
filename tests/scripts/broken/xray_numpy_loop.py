# expect: unscaled-inputs
# data: shared
# args: {data}/pneumoniamnist.npz
import sys
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(0)
np.random.seed(0)

npz = np.load(sys.argv[1])
x_train, y_train = npz['train_images'], npz['train_labels'].ravel()
x_test, y_test = npz['test_images'], npz['test_labels'].ravel()
print(x_train.shape, x_test.shape)


def to_tensor(images):
    return torch.from_numpy(images.astype(np.float32)).unsqueeze(1)  # <- here


class PneumoniaNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.conv2 = nn.Conv2d(8, 16, 3)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 5 * 5, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = x.flatten(1)
        return self.fc2(torch.relu(self.fc1(x)))


x_train, x_test = to_tensor(x_train), to_tensor(x_test)
y_train, y_test = torch.from_numpy(y_train).long(), torch.from_numpy(y_test).long()

model = PneumoniaNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)

for epoch in range(4):
    model.train()
    order = np.random.permutation(len(x_train))
    losses = []
    for i in range(0, len(order), 64):
        batch = order[i:i + 64]
        optimizer.zero_grad()
        loss = criterion(model(x_train[batch]), y_train[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        pred = model(x_test).argmax(1)
    recall = [(pred[y_test == c] == c).float().mean().item() for c in (0, 1)]
    print(f'epoch {epoch}  loss {np.mean(losses):.3f}  test acc {(pred == y_test).float().mean():.3f}  '
          f'recall normal {recall[0]:.3f} pneumonia {recall[1]:.3f}')
