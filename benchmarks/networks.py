"""The networks that overhead.py trains, from a perceptron to ResNet-152 and a transformer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measured:
    """`make(width)` gives a network for images of `image` (channels, height, width), 10 classes.
    `steps` go on well behind the first 200, which are all looked at."""

    make: Callable[[int], Any]
    image: tuple[int, int, int] = (3, 32, 32)
    batch: int = 32
    steps: int = 200


def residual(width: int) -> Any:
    """A ResNet for 32 x 32 images with one block a stage: conv, batch norm, shortcut."""
    from torch import nn

    class Block(nn.Module):
        def __init__(self, inputs: int, outputs: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            self.norm1 = nn.BatchNorm2d(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
            self.norm2 = nn.BatchNorm2d(outputs)
            self.relu = nn.ReLU()
            self.shortcut = (
                nn.Identity()
                if inputs == outputs and stride == 1
                else nn.Sequential(
                    nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
                )
            )

        def forward(self, x: Any) -> Any:
            out = self.relu(self.norm1(self.conv1(x)))
            return self.relu(self.norm2(self.conv2(out)) + self.shortcut(x))

    return nn.Sequential(
        nn.Conv2d(3, width, 3, 1, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        Block(width, width, 1),
        Block(width, 2 * width, 2),
        Block(2 * width, 4 * width, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4 * width, 10),
    )


def perceptron(width: int) -> Any:
    """Two layers: as little work a step as there is."""
    from torch import nn

    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def lenet(width: int) -> Any:
    """LeNet with ReLU and max pooling."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def of_torchvision(name: str) -> Callable[[int], Any]:
    """One of torchvision's networks, its weights drawn."""

    def make(width: int) -> Any:
        from torchvision import models

        return models.get_model(name, weights=None, num_classes=10)

    return make


def transformer(width: int) -> Any:
    """A small vision transformer: patches of 4 x 4 pixels, six blocks."""
    from torchvision.models import VisionTransformer

    return VisionTransformer(32, 4, 6, 4, 128, 256, num_classes=10)


GREY = (1, 28, 28)
NETWORKS = {
    "residual": Measured(residual, steps=800),
    "perceptron": Measured(perceptron, GREY, 32, 4000),
    "lenet": Measured(lenet, GREY, 32, 2000),
    "lenet, batch 4": Measured(lenet, GREY, 4, 3000),
    "squeezenet1_1": Measured(of_torchvision("squeezenet1_1"), (3, 64, 64), 16, 600),
    "mobilenet_v2": Measured(of_torchvision("mobilenet_v2"), (3, 64, 64), 16, 500),
    "resnet18": Measured(of_torchvision("resnet18"), (3, 64, 64), 16, 500),
    "densenet121": Measured(of_torchvision("densenet121"), (3, 64, 64), 8, 400),
    "vgg11_bn": Measured(of_torchvision("vgg11_bn"), (3, 32, 32), 8, 500),
    "resnet152": Measured(of_torchvision("resnet152"), (3, 64, 64), 8, 400),
    "transformer": Measured(transformer, (3, 32, 32), 16, 600),
}
