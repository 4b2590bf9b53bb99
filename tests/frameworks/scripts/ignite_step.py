# expect: missing-zero-grad
# needs: ignite
import torch
import torch.nn.functional as F
from ignite.engine import Engine, Events
from ignite.metrics import Accuracy
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 24, 3, padding=1)
        self.fc1 = nn.Linear(24 * 16, 48)
        self.fc2 = nn.Linear(48, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


torch.manual_seed(4)
digits = load_digits()
everything = TensorDataset(
    torch.tensor(digits.images).float().unsqueeze(1) / 16, torch.tensor(digits.target)
)
train_set, test_set = random_split(everything, [1500, 297])
model = ConvNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


def train_step(engine, batch):
    model.train()
    x, y = batch
    loss = F.cross_entropy(model(x), y)
    loss.backward()  # <- here
    optimizer.step()  # <- here
    return loss.item()


def validation_step(engine, batch):
    model.eval()
    with torch.no_grad():
        x, y = batch
        return model(x), y


trainer, evaluator = Engine(train_step), Engine(validation_step)
Accuracy().attach(evaluator, "accuracy")


@trainer.on(Events.EPOCH_COMPLETED)
def validate(engine):
    evaluator.run(DataLoader(test_set, batch_size=150))
    print("epoch", engine.state.epoch, "accuracy", evaluator.state.metrics["accuracy"])


trainer.run(DataLoader(train_set, batch_size=50, shuffle=True), max_epochs=6)
