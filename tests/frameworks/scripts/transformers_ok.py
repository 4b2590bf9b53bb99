# expect: nothing
# needs: transformers accelerate
"""A small ResNet of transformers, trained by its Trainer."""
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import Dataset
from transformers import (
    ResNetConfig,
    ResNetForImageClassification,
    Trainer,
    TrainingArguments,
    set_seed,
)

set_seed(42)


class Digits(Dataset):
    def __init__(self, images, labels):
        self.images = images
        self.labels = labels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = torch.tensor(self.images[index], dtype=torch.float32).unsqueeze(0) / 16
        return {"pixel_values": (image - 0.305) / 0.376, "label": self.labels[index]}


def collate_fn(examples):
    pixel_values = torch.stack([example["pixel_values"] for example in examples])
    labels = torch.tensor([example["label"] for example in examples])
    return {"pixel_values": pixel_values, "labels": labels}


def compute_metrics(eval_pred):
    predictions = np.argmax(eval_pred.predictions, axis=1)
    return {"accuracy": float((predictions == eval_pred.label_ids).mean())}


digits = load_digits()
train_x, val_x, train_y, val_y = train_test_split(
    digits.images, digits.target, test_size=0.2, random_state=42
)

config = ResNetConfig(
    num_channels=1, embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1],
    layer_type="basic", num_labels=10,
)
model = ResNetForImageClassification(config)

training_args = TrainingArguments(
    output_dir="resnet-digits",
    remove_unused_columns=False,
    eval_strategy="epoch",
    save_strategy="epoch",
    learning_rate=3e-3,
    per_device_train_batch_size=32,
    per_device_eval_batch_size=128,
    num_train_epochs=4,
    warmup_steps=20,
    logging_steps=20,
    load_best_model_at_end=True,
    metric_for_best_model="accuracy",
    report_to="none",
    use_cpu=True,
    disable_tqdm=True,
)
trainer = Trainer(
    model=model,
    args=training_args,
    data_collator=collate_fn,
    train_dataset=Digits(train_x, train_y),
    eval_dataset=Digits(val_x, val_y),
    compute_metrics=compute_metrics,
)
trainer.train()
print(trainer.evaluate())
