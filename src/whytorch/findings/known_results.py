"""What is known to be reached on well-known data sets, by kind of network. Test accuracies, 0..1.

An entry is what its source reports, not what is promised: `epochs` is None where the source trains
for as long as it takes. `most` marks the best that is known of a kind; the others are examples.
"""

from __future__ import annotations

from msgspec import Struct


class Known(Struct, frozen=True):
    """`data` is the class of torchvision's data set."""

    data: str
    network: str  # linear, mlp, small cnn, deep cnn, best
    accuracy: float
    source: str
    epochs: int | None = None
    most: bool = False


CLASSES = {"MNIST": 10, "FashionMNIST": 10, "CIFAR10": 10, "CIFAR100": 100}

_LECUN = "LeCun et al. 1998, Gradient-based learning applied to document recognition"
_FASHION = "benchmarks in the README of zalandoresearch/fashion-mnist"
_CIRESAN = "Ciresan et al. 2010, Deep, big, simple neural nets for handwritten digit recognition"
_COATES = "Coates, Lee and Ng 2011, An analysis of single-layer networks"
_LIN = "Lin, Memisevic and Konda 2015, How far can we go without convolution"
_RESNET = "He et al. 2016, Deep residual learning for image recognition"
_ALL_CNN = "Springenberg et al. 2015, Striving for simplicity: the all convolutional net"
_WIDE = "Zagoruyko and Komodakis 2016, Wide residual networks"

RESULTS = (
    Known("MNIST", "linear", 0.924, _LECUN + " (pairwise linear)", most=True),
    Known("MNIST", "mlp", 0.9965, _CIRESAN, most=True),
    Known("MNIST", "small cnn", 0.99, "Keras example mnist_convnet (12 to 15 epochs)", 12),
    Known("MNIST", "small cnn", 0.9905, _LECUN + " (LeNet-5)"),
    Known(
        "MNIST",
        "best",
        0.9991,
        "An et al. 2020, An ensemble of simple CNN models for MNIST",
        most=True,
    ),
    Known("FashionMNIST", "mlp", 0.900, _FASHION + " (MLP 256-128-64)"),
    Known("FashionMNIST", "small cnn", 0.925, _FASHION + " (2 convolutions, 100 000 weights)"),
    Known("FashionMNIST", "deep cnn", 0.949, _FASHION + " (ResNet18)"),
    Known("FashionMNIST", "best", 0.9691, "Tanveer et al. 2020, Fine-tuning DARTS", most=True),
    Known("CIFAR10", "linear", 0.373, _COATES + " (raw pixels)", most=True),
    Known("CIFAR10", "mlp", 0.7862, _LIN, most=True),
    Known("CIFAR10", "small cnn", 0.55, "torch's tutorial Training a classifier (2 epochs)", 2),
    Known("CIFAR10", "small cnn", 0.70, "TensorFlow's tutorial on CNNs (10 epochs)", 10),
    Known("CIFAR10", "deep cnn", 0.9125, _RESNET + " (ResNet-20, 164 epochs)", 164),
    Known("CIFAR10", "deep cnn", 0.9302, "README of kuangliu/pytorch-cifar (ResNet18)", 350),
    Known(
        "CIFAR10",
        "best",
        0.995,
        "Dosovitskiy et al. 2021, An image is worth 16x16 words",
        most=True,
    ),
    Known("CIFAR100", "deep cnn", 0.6629, _ALL_CNN),
    Known("CIFAR100", "deep cnn", 0.8075, _WIDE + " (WRN-28-10, 200 epochs)", 200),
    Known("CIFAR100", "best", 0.9608, "Foret et al. 2021, Sharpness-aware minimization", most=True),
)
# Of the errors that a kind's best result leaves: few have tried to better a linear classifier.
_ROOM = 0.1


def beyond(wanted: float, data: str, network: str | None) -> Known | None:
    """The best result known, of this kind of network or of any, where the wanted accuracy is above
    it; None where it is not."""
    for known in (r for r in RESULTS if r.data == data and r.most):
        room = _ROOM * (1 - known.accuracy) if known.network != "best" else 0.0
        if known.network in (network, "best") and wanted > known.accuracy + room:
            return known
    return None


def example(data: str, network: str | None, epochs: int) -> Known | None:
    """What a network of this kind was reported to reach in at most so many epochs, where known."""
    found = [r for r in RESULTS if r.data == data and r.network == network]
    short = [r for r in found if r.epochs is not None and r.epochs <= max(1, epochs)]
    return max(short, key=lambda r: r.accuracy, default=None)
