# expect: train-test-normalization-mismatch
"""The network computes its own loss, as models of Hugging Face do; scores leave as arrays."""
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(256, 10),
        )

    def forward(self, pixel_values, labels=None):
        logits = self.body(pixel_values)
        loss = None if labels is None else cross_entropy(logits, labels)
        return {"loss": loss, "logits": logits}


torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
labels = torch.tensor(digits.target)
order = torch.randperm(len(images))
train, held_out = order[:1400], order[1400:]
x_train = (images[train] - 0.305) / 0.376
x_eval = images[held_out] * 255  # <- here
loader = DataLoader(TensorDataset(x_train, labels[train]), batch_size=40, shuffle=True)
eval_loader = DataLoader(TensorDataset(x_eval, labels[held_out]), batch_size=100)

model = Classifier()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for epoch in range(4):
    model.train()
    for pixels, targets in loader:
        output = model(pixels, labels=targets)
        optimizer.zero_grad()
        output["loss"].backward()
        optimizer.step()

model.eval()
scores, truth, total = [], [], 0.0
with torch.no_grad():
    for pixels, targets in eval_loader:
        output = model(pixels, labels=targets)
        total += output["loss"].item()
        scores.append(output["logits"].clone())
        truth.append(targets)
guesses = np.argmax(torch.cat(scores).numpy(), axis=1)
print("eval_loss", total / len(eval_loader))
print("eval_accuracy", float((guesses == torch.cat(truth).numpy()).mean()))
