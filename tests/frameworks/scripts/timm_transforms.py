# expect: augmentation-on-evaluation-data
# needs: timm
import numpy as np
import timm
import torch
from PIL import Image
from sklearn.datasets import load_digits
from timm.data import create_transform
from torch.utils.data import DataLoader, Dataset


class DigitImages(Dataset):
    def __init__(self, images, labels, transform):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = Image.fromarray((self.images[i] * 15.9).astype(np.uint8)).convert("RGB")
        return self.transform(image), int(self.labels[i])  # <- here


def transforms(is_training):
    return create_transform(  # <- here
        input_size=16, is_training=is_training, hflip=0.0, scale=(0.6, 1.0), color_jitter=0.3,
        auto_augment="rand-m5-mstd0.5", mean=(0.305,) * 3, std=(0.376,) * 3,
    )


torch.manual_seed(0)
data = load_digits()
shuffled = np.random.RandomState(1).permutation(len(data.target))
train, test = shuffled[:700], shuffled[1500:]
train_data = DigitImages(data.images[train], data.target[train], transforms(True))
test_data = DigitImages(data.images[test], data.target[test], transforms(True))  # <- here
train_loader = DataLoader(train_data, batch_size=50, shuffle=True)
test_loader = DataLoader(test_data, batch_size=100)

model = timm.create_model("test_resnet", num_classes=10)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
criterion = torch.nn.CrossEntropyLoss()
for epoch in range(3):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    right = 0
    with torch.inference_mode():
        for x, y in test_loader:
            right += (model(x).argmax(dim=1) == y).sum().item()
    print(f"epoch {epoch}: test accuracy {right / len(test_data):.4f}")
