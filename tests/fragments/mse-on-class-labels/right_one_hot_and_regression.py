# expect: nothing
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
criterion = nn.MSELoss()
for images, labels in train_loader:
    targets = F.one_hot(labels, 10).float()
    loss = criterion(model(images), targets)
    loss.backward()
correct = (model(images).argmax(dim=1) == labels).sum().item()

for images, boxes in box_loader:
    loss = criterion(box_model(images), boxes)
