# expect: nothing
# needs: transformers accelerate sklearn
# result: eval_accuracy\D+([\d.]+)
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import Dataset
from transformers import Trainer, TrainingArguments, ViTConfig, ViTForImageClassification, set_seed


class DigitsDataset(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        pixels = torch.tensor(self.images[i] / 8 - 1, dtype=torch.float32)[None]
        return {"pixel_values": pixels, "labels": int(self.labels[i])}


def compute_metrics(prediction):
    guess = np.argmax(prediction.predictions, axis=-1)
    return {"accuracy": float((guess == prediction.label_ids).mean())}


def main():
    set_seed(11)
    digits = load_digits()
    train_x, test_x, train_y, test_y = train_test_split(
        digits.images, digits.target, test_size=0.25, stratify=digits.target, random_state=5
    )
    config = ViTConfig(
        image_size=8, patch_size=2, num_channels=1, hidden_size=48, num_hidden_layers=2,
        num_attention_heads=4, intermediate_size=96, num_labels=10,
    )
    model = ViTForImageClassification(config)
    arguments = TrainingArguments(
        output_dir="out", per_device_train_batch_size=32, per_device_eval_batch_size=128,
        num_train_epochs=8, learning_rate=3e-3, weight_decay=0.01, warmup_steps=40,
        eval_strategy="epoch", logging_strategy="epoch", save_strategy="no",
        report_to="none", use_cpu=True, disable_tqdm=True, seed=11,
    )
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=DigitsDataset(train_x, train_y),
        eval_dataset=DigitsDataset(test_x, test_y),
        compute_metrics=compute_metrics,
    )
    trainer.train()
    print(trainer.evaluate())


if __name__ == "__main__":
    main()
