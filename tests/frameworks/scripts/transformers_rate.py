# expect: learning-rate-too-high
# needs: transformers accelerate
# change: write learning_rate=
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from transformers import Trainer, TrainingArguments, set_seed
from transformers.modeling_outputs import ImageClassifierOutput


class SmallConvNet(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(),
            nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, classes),
        )
        self.loss = nn.CrossEntropyLoss()

    def forward(self, pixel_values, labels=None):
        logits = self.net(pixel_values)
        loss = self.loss(logits, labels) if labels is not None else None
        return ImageClassifierOutput(loss=loss, logits=logits)


class DigitSet(torch.utils.data.Dataset):
    def __init__(self, x, y):
        self.x, self.y = torch.tensor(x[:, None] / 16, dtype=torch.float32), torch.tensor(y)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return {"pixel_values": self.x[i], "labels": self.y[i]}


def accuracy(p):
    return {"accuracy": (p.predictions.argmax(-1) == p.label_ids).mean().item()}


def main():
    set_seed(3)
    digits = load_digits()
    x, x_val, y, y_val = train_test_split(digits.images, digits.target, test_size=0.25,
                                          random_state=1)
    args = TrainingArguments(
        output_dir="out",
        num_train_epochs=4,
        learning_rate=0.5,  # <- here
        per_device_train_batch_size=32,
        lr_scheduler_type="constant",
        eval_strategy="epoch",
        logging_strategy="epoch",
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    )
    trainer = Trainer(
        SmallConvNet(), args, train_dataset=DigitSet(x, y), eval_dataset=DigitSet(x_val, y_val),
        compute_metrics=accuracy,
    )
    trainer.train()


if __name__ == "__main__":
    main()
