# expect: softmax-over-wrong-dimension
# A class for each pixel; dim=-1 is the width of the image, not the classes.
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
images = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
masks = (images.squeeze(1) * 2.99).long()
x_train, x_test, y_train, y_test = train_test_split(images, masks, random_state=0)
net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 3, 1))
loss_fn = nn.NLLLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    net.train()
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        log_p = net(x_train[rows]).log_softmax(dim=-1)  # <- here
        loss = loss_fn(log_p, y_train[rows])
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(epoch, (net(x_test).argmax(1) == y_test).float().mean().item())
