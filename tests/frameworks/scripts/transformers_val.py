# expect: train-test-normalization-mismatch
# needs: transformers accelerate
"""The image classification tutorial's layout: transforms are set on the two splits."""
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.utils.data import Dataset
from torchvision.transforms import Compose, Normalize, RandomAffine, ToTensor
from transformers import ConvNextConfig, ConvNextForImageClassification, Trainer, TrainingArguments

torch.manual_seed(0)
digits = load_digits()
pixels = (digits.images * 255 / 16).astype(np.uint8)
order = np.random.RandomState(0).permutation(len(pixels))
train_index, val_index = order[:1000], order[1500:]

normalize = Normalize(mean=[0.305], std=[0.376])
train_transforms = Compose([ToTensor(), RandomAffine(5, (0.05, 0.05)), normalize])
val_transforms = Compose([ToTensor()])  # <- here


class Split(Dataset):
    def __init__(self, index):
        self.index = index
        self.transform = None

    def set_transform(self, transform):
        self.transform = transform

    def __len__(self):
        return len(self.index)

    def __getitem__(self, i):
        i = self.index[i]
        return {
            "pixel_values": self.transform(pixels[i]),  # <- here
            "labels": int(digits.target[i]),
        }


train_ds = Split(train_index)
val_ds = Split(val_index)
train_ds.set_transform(train_transforms)
val_ds.set_transform(val_transforms)

model = ConvNextForImageClassification(ConvNextConfig(
    num_channels=1, patch_size=1, num_stages=2, hidden_sizes=[24, 48], depths=[1, 1],
    num_labels=10,
))
args = TrainingArguments(
    "convnext", remove_unused_columns=False, per_device_train_batch_size=32, num_train_epochs=3, per_device_eval_batch_size=100,
    learning_rate=2e-3, eval_strategy="epoch", save_strategy="no", logging_steps=25,
    report_to="none", use_cpu=True, disable_tqdm=True,
)


def compute_metrics(eval_pred):
    logits, labels = eval_pred
    return {"accuracy": float(np.mean(np.argmax(logits, axis=-1) == labels))}


trainer = Trainer(model=model, args=args, train_dataset=train_ds, eval_dataset=val_ds,
                  compute_metrics=compute_metrics)
trainer.train()
metrics = trainer.evaluate()
print("accuracy", metrics["eval_accuracy"])
