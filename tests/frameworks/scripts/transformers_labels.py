# expect: labels-out-of-range
# needs: transformers accelerate
import torch
from sklearn.datasets import load_digits
from torch.utils.data import Dataset, random_split
from transformers import ResNetConfig, ResNetForImageClassification, Trainer, TrainingArguments


class DigitsFrom1(Dataset):
    """Digits as in a catalogue: class 1 is the zero, class 10 the nine."""

    def __init__(self):
        data = load_digits()
        self.images = torch.tensor(data.images, dtype=torch.float32)[:, None] / 8 - 1
        self.classes = torch.tensor(data.target) + 1

    def __len__(self):
        return len(self.classes)

    def __getitem__(self, k):
        return dict(pixel_values=self.images[k], labels=self.classes[k])


train, test = random_split(DigitsFrom1(), [1500, 297], torch.Generator().manual_seed(0))
model = ResNetForImageClassification(
    ResNetConfig(num_channels=1, embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1],
                 layer_type="basic", num_labels=10)
)
trainer = Trainer(
    model=model,
    args=TrainingArguments(output_dir="out", num_train_epochs=3, learning_rate=1e-3, use_cpu=True,
                           report_to="none", per_device_train_batch_size=64, disable_tqdm=True),
    train_dataset=train,
    eval_dataset=test,
)
trainer.train()  # <- here
print(trainer.evaluate())
