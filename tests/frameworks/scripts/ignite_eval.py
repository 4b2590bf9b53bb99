# expect: evaluating-in-train-mode
# needs: ignite
import torch
from ignite.engine import Engine, Events
from ignite.metrics import Accuracy, Loss
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


def build_model():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(),
        nn.Dropout(0.5), nn.Linear(512, 10),
    )


def main():
    torch.manual_seed(0)
    digits = load_digits()
    x = torch.tensor(digits.images[:, None] / 16, dtype=torch.float32)
    y = torch.tensor(digits.target)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, random_state=3)
    train_loader = DataLoader(TensorDataset(x_train, y_train), batch_size=64, shuffle=True)
    test_loader = DataLoader(TensorDataset(x_test, y_test), batch_size=64)

    model = build_model()
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    loss_fn = nn.CrossEntropyLoss()

    def update(engine, batch):
        model.train()
        inputs, targets = batch
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    def inference(engine, batch):
        inputs, targets = batch
        with torch.no_grad():
            outputs = model(inputs)  # <- here
        return outputs, targets

    trainer = Engine(update)
    evaluator = Engine(inference)
    Accuracy().attach(evaluator, "accuracy")
    Loss(loss_fn).attach(evaluator, "loss")

    @trainer.on(Events.EPOCH_COMPLETED)
    def report(engine):
        state = evaluator.run(test_loader)  # <- here
        print(f"epoch {engine.state.epoch}: {state.metrics}")

    trainer.run(train_loader, max_epochs=5)


main()
