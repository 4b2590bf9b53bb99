# expect: missing-batch-dimension
import torch
from PIL import Image
from torchvision import models, transforms

model = models.resnet50(pretrained=True)
model.eval()

preprocess = transforms.Compose([
    transforms.Resize(256),
    transforms.CenterCrop(224),
    transforms.ToTensor(),
    transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
])


def predict(path):
    img = Image.open(path).convert("RGB")
    tensor = preprocess(img)
    with torch.no_grad():
        output = model(tensor)  # <- here
    return output.argmax(1).item()


print(predict("dog.jpg"))
