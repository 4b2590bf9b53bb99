# expect: nothing
# needs: accelerate
"""The layout of Accelerate's cv_example: prepare, accumulate, gather_for_metrics."""
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset


def get_dataloaders(batch_size):
    digits = load_digits()
    x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    y = torch.tensor(digits.target)
    x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.25, random_state=0)
    train = DataLoader(TensorDataset(x_train, y_train), batch_size=batch_size, shuffle=True)
    val = DataLoader(TensorDataset(x_val, y_val), batch_size=128)
    return train, val


def get_model():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 10),
    )


def training_function(config):
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)
    set_seed(config["seed"])
    train_loader, val_loader = get_dataloaders(config["batch_size"])
    model = get_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=config["lr"] / 25)
    scheduler = OneCycleLR(
        optimizer, max_lr=config["lr"], epochs=config["num_epochs"],
        steps_per_epoch=len(train_loader),
    )
    model, optimizer, train_loader, val_loader, scheduler = accelerator.prepare(
        model, optimizer, train_loader, val_loader, scheduler
    )
    for epoch in range(config["num_epochs"]):
        model.train()
        for inputs, targets in train_loader:
            with accelerator.accumulate(model):
                outputs = model(inputs)
                loss = nn.functional.cross_entropy(outputs, targets)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
        model.eval()
        accurate = count = 0
        for inputs, targets in val_loader:
            with torch.no_grad():
                outputs = model(inputs)
            predictions, references = accelerator.gather_for_metrics(
                (outputs.argmax(dim=-1), targets)
            )
            accurate += (predictions == references).sum().item()
            count += predictions.shape[0]
        accelerator.print(f"epoch {epoch}: {100 * accurate / count:.2f}")


if __name__ == "__main__":
    training_function({"lr": 5e-3, "num_epochs": 6, "seed": 42, "batch_size": 32})
