# expect: output-count-mismatch
from torchvision import models

model_ft = models.resnet18(pretrained=True)
model_ft.fc.out_features = 2  # <- here
model_ft = model_ft.to(device)

criterion = nn.CrossEntropyLoss()
