# expect: parameters-missing-from-optimizer
model = models.resnet50(pretrained=True)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
model.fc = nn.Linear(2048, 2)  # <- here
model = model.to(device)

for epoch in range(10):
    for inputs, labels in dataloaders['train']:
        optimizer.zero_grad()
        loss = criterion(model(inputs.to(device)), labels.to(device))
        loss.backward()
        optimizer.step()
