# expect: nothing
# needs: ignite
"""The layout of ignite's MNIST example: a trainer, two evaluators, handlers."""
import torch
import torch.nn.functional as F
from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
from ignite.handlers import Checkpoint, DiskSaver, EarlyStopping, PiecewiseLinear
from ignite.metrics import Accuracy, Loss, RunningAverage
from sklearn.datasets import load_digits
from torch import nn
from torch.optim import SGD
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.conv2_drop = nn.Dropout2d(0.2)
        self.fc1 = nn.Linear(128, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2_drop(self.conv2(x)), 2))
        x = F.relu(self.fc1(x.flatten(1)))
        return F.log_softmax(self.fc2(x), dim=-1)


def get_data_loaders(train_batch_size, val_batch_size):
    digits = load_digits()
    x = (torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16 - 0.305) / 0.376
    data = TensorDataset(x, torch.tensor(digits.target))
    train, val = random_split(data, [1437, 360], generator=torch.Generator().manual_seed(0))
    return (
        DataLoader(train, batch_size=train_batch_size, shuffle=True),
        DataLoader(val, batch_size=val_batch_size, shuffle=False),
    )


def run(epochs=8, lr=0.05, momentum=0.9):
    torch.manual_seed(0)
    train_loader, val_loader = get_data_loaders(64, 120)
    model = Net()
    optimizer = SGD(model.parameters(), lr=lr, momentum=momentum)
    criterion = nn.NLLLoss()
    trainer = create_supervised_trainer(model, optimizer, criterion, device="cpu")
    RunningAverage(output_transform=lambda loss: loss).attach(trainer, "loss")
    milestones = [(0, lr), (epochs * len(train_loader), lr / 10)]
    trainer.add_event_handler(
        Events.ITERATION_STARTED, PiecewiseLinear(optimizer, "lr", milestones)
    )

    metrics = {"accuracy": Accuracy(), "nll": Loss(criterion)}
    train_evaluator = create_supervised_evaluator(model, metrics=metrics, device="cpu")
    evaluator = create_supervised_evaluator(model, metrics=metrics, device="cpu")
    evaluator.add_event_handler(
        Events.COMPLETED, EarlyStopping(5, lambda e: -e.state.metrics["nll"], trainer)
    )
    evaluator.add_event_handler(
        Events.COMPLETED, Checkpoint({"model": model}, DiskSaver("models", require_empty=False))
    )

    @trainer.on(Events.EPOCH_COMPLETED)
    def log_training_results(engine):
        train_evaluator.run(train_loader)
        m = train_evaluator.state.metrics
        print(f"Training - epoch {engine.state.epoch}: {m['accuracy']:.2f} {m['nll']:.2f}")

    @trainer.on(Events.EPOCH_COMPLETED)
    def log_validation_results(engine):
        evaluator.run(val_loader)
        m = evaluator.state.metrics
        print(f"Validation - epoch {engine.state.epoch}: {m['accuracy']:.2f} {m['nll']:.2f}")

    trainer.run(train_loader, max_epochs=epochs)


if __name__ == "__main__":
    run()
