# expect: nothing
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 8 - 0.6
words = torch.tensor(digits.target) * 3 + torch.randint(0, 3, (len(images),))  # three names each
pairs = TensorDataset(images[:1300], words[:1300])
loader = DataLoader(pairs, batch_size=64, shuffle=True, drop_last=True)


class Pairs(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.visual = nn.Sequential(
            nn.Conv2d(1, 16, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(256, width),
        )
        self.words = nn.Embedding(30, width)
        self.scale = nn.Parameter(torch.ones([]) * np.log(1 / 0.07))

    def forward(self, image, word):
        i, w = F.normalize(self.visual(image), dim=1), F.normalize(self.words(word), dim=1)
        logits = self.scale.exp() * i @ w.t()
        return logits, logits.t()


model = Pairs()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=0.2)
of_images, of_words = nn.CrossEntropyLoss(), nn.CrossEntropyLoss()
for epoch in range(8):
    model.train()
    for image, word in loader:
        optimizer.zero_grad()
        by_image, by_word = model(image, word)
        pair = torch.arange(len(image))
        loss = (of_images(by_image, pair) + of_words(by_word, pair)) / 2
        loss.backward()
        optimizer.step()
        model.scale.data.clamp_(max=4.6)
    model.eval()
    with torch.no_grad():
        names = F.normalize(model.words(torch.arange(30)), dim=1)
        found = (F.normalize(model.visual(images[1300:]), dim=1) @ names.t()).argmax(1) // 3
    print(epoch, "zero-shot accuracy", (found == torch.tensor(digits.target[1300:])).float().mean())
