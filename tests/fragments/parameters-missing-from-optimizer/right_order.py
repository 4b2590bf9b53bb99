# expect: nothing
model = models.resnet50(pretrained=True)
probe = torch.optim.SGD(model.parameters(), lr=0.01)
print(probe)
model.fc = nn.Linear(2048, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for inputs, labels in dataloader:
    optimizer.zero_grad()
    criterion(model(inputs), labels).backward()
    optimizer.step()
