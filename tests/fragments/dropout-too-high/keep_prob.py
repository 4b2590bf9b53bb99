# expect: dropout-too-high
import torch.nn as nn


class CNN(nn.Module):
    def __init__(self, keep_prob=0.8):
        super().__init__()
        self.conv = nn.Conv2d(3, 32, 3)
        self.drop = nn.Dropout(keep_prob)  # <- here
        self.fc = nn.Linear(32 * 15 * 15, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv(x)))
        return self.fc(self.drop(x.flatten(1)))
