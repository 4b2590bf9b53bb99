# expect: freeze-without-effect
from torchvision import models

model = models.resnet50(pretrained=True)
ct = 0
for child in model.children():
    ct += 1
    if ct < 7:
        child.requires_grad = False  # <- here
num_ftrs = model.fc.in_features
model.fc = nn.Linear(num_ftrs, len(class_names))
optimizer = optim.SGD(model.fc.parameters(), lr=0.001, momentum=0.9)
