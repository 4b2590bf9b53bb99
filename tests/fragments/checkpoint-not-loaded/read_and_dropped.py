# expect: checkpoint-not-loaded
model = resnet18(num_classes=10)
torch.load('model_best.pth')  # <- here
model.eval()
for images, labels in test_loader:
    outputs = model(images)
