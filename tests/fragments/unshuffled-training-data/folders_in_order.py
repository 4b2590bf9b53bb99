# expect: unshuffled-training-data
train_data = datasets.ImageFolder('data/train', transform=tfms)
train_loader = torch.utils.data.DataLoader(train_data, batch_size=32)  # <- here
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
