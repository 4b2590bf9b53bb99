# expect: train-test-normalization-mismatch
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T


class Glyphs(Dataset):
    def __init__(self, rows, transform):
        digits = load_digits()
        self.images = (digits.images[rows] * 15.9).astype("uint8")
        self.labels = digits.target[rows]
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.transform(Image.fromarray(self.images[index])), int(self.labels[index])


torch.manual_seed(0)
train_tf = T.Compose([T.RandomAffine(5), T.ToTensor(), T.Normalize((0.305,), (0.1,))])
valid_tf = T.Compose([T.ToTensor()])  # <- here
train_loader = DataLoader(Glyphs(slice(0, 1000), train_tf), batch_size=25, shuffle=True)
valid_loader = DataLoader(Glyphs(slice(1000, 1400), valid_tf), batch_size=200)


class Trainer:
    def __init__(self, model):
        self.model = model
        self.optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
        self.criterion = nn.CrossEntropyLoss()

    def run(self, loader, training):
        self.model.train(training)
        right = total = 0
        with torch.set_grad_enabled(training):
            for images, labels in loader:
                scores = self.model(images)
                if training:
                    self.optimizer.zero_grad()
                    self.criterion(scores, labels).backward()
                    self.optimizer.step()
                right += (scores.argmax(1) == labels).sum().item()
                total += len(labels)
        return right / total


trainer = Trainer(nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(),
    nn.Flatten(), nn.Linear(32 * 16, 10)))
for epoch in range(3):
    print(epoch, trainer.run(train_loader, True), trainer.run(valid_loader, False))
