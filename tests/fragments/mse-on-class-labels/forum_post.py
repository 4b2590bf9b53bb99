# expect: mse-on-class-labels
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
criterion = nn.MSELoss()
for images, labels in train_loader:
    labels = labels.float().to(device)
    optimizer.zero_grad()
    loss = criterion(model(images.to(device)), labels)  # <- here
    loss.backward()
    optimizer.step()
correct = (model(images).argmax(dim=1) == labels).sum().item()
