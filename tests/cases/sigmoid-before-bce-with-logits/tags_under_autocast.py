# expect: sigmoid-before-bce-with-logits
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchmetrics.classification import MultilabelF1Score


class Pairs(Dataset):
    """Two digits side by side; the labels say which digits are there."""

    def __init__(self, images, target, count, seed):
        g = torch.Generator().manual_seed(seed)
        self.pairs = torch.randint(len(target), (count, 2), generator=g)
        self.images, self.target = images, target

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, i):
        a, b = self.pairs[i]
        label = torch.zeros(10)
        label[self.target[a]] = 1
        label[self.target[b]] = 1
        return torch.cat([self.images[a], self.images[b]], dim=-1), label


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten())
        self.decoder = nn.Sequential(nn.Linear(16 * 32, 10), nn.Sigmoid())  # <- here

    def forward(self, x):
        return self.decoder(self.encoder(x))


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images).float().unsqueeze(1) / 16
target = torch.tensor(digits.target)
train = DataLoader(Pairs(images[:1300], target[:1300], 1500, 1), batch_size=40, shuffle=True)
test = DataLoader(Pairs(images[1300:], target[1300:], 500, 2), batch_size=100)
model = Tagger()
loss_fn = nn.BCEWithLogitsLoss()
opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
f1 = MultilabelF1Score(num_labels=10, average="macro")
for epoch in range(4):
    model.train()
    for x, y in train:
        opt.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(x)
        loss = loss_fn(logits.float(), y)
        loss.backward()
        opt.step()
    model.eval()
    f1.reset()
    with torch.inference_mode():
        for x, y in test:
            f1.update(torch.sigmoid(model(x)), y.int())
    print(f"epoch {epoch} loss {loss.item():.3f} f1 {f1.compute().item():.3f}")
