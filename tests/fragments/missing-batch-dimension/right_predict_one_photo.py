# expect: nothing
import torch
from PIL import Image
from torchvision import models, transforms

model = models.resnet50(pretrained=True)
model.eval()
preprocess = transforms.Compose([transforms.Resize((224, 224)), transforms.ToTensor()])


def predict(path):
    img = Image.open(path).convert("RGB")
    tensor = preprocess(img)
    batch = tensor.unsqueeze(0)
    with torch.no_grad():
        return model(batch).argmax(1).item()


def predict_many(paths):
    batch = torch.stack([preprocess(Image.open(p).convert("RGB")) for p in paths])
    return model(batch).argmax(1)
