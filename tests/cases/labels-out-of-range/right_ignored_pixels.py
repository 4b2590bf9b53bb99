# expect: nothing
# 255 marks pixels without a label; ignore_index leaves them out.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
images = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
masks = (images.squeeze(1) * 2.99).long()
masks[:, :, 0] = 255
x_train, x_test, y_train, y_test = train_test_split(images, masks, random_state=0)
net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 3, 1))
criterion = nn.CrossEntropyLoss(ignore_index=255)
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    net.train()
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        criterion(net(x_train[rows]), y_train[rows]).backward()
        optimizer.step()
    net.eval()
    known = y_test != 255
    with torch.no_grad():
        print(epoch, (net(x_test).argmax(1) == y_test)[known].float().mean().item())
