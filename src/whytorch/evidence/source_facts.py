"""What a source says, as frozen facts. Names are resolved: `nn.Linear` is "torch.nn.Linear"."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from whytorch.records import Place


class Value(Struct, frozen=True):
    """An argument or an assigned value: as it is written, and what that comes to.

    A list of constants is given as a tuple, so that (0.5, 0.5) and [0.5, 0.5] compare equal.
    """

    text: str
    name: str | None = None  # resolved, if it is a name: "torch.float32", "model", ".shape"
    constant: Any = None
    is_constant: bool = False


class Call(Struct, frozen=True, eq=False):
    """One call. `name` is resolved as far as the source allows:

    "torch.nn.functional.relu" through imports and aliases, "Net" for what the script defines,
    "models.Net" for what another file of the project does, "criterion" for a local variable,
    ".backward" for a method of an object, and "" where no name is called, as in `f()()`.
    """

    name: str
    raw: str  # the called expression as it is written
    place: Place
    function: str  # qualified name of the function around it, or "<module>"
    args: tuple[Value, ...]
    keywords: dict[str, Value]  # **kwargs is under "**"
    loop_depth: int  # loops around it in the same function

    @property
    def last(self) -> str:
        """The name's last component: "relu", "Net", "backward"."""
        return self.name.rpartition(".")[2]

    @property
    def written(self) -> str:
        """The whole call with its arguments: "F.softmax(x, dim=1)"."""
        named = (f"{name}={value.text}" for name, value in self.keywords.items())
        return f"{self.raw}({', '.join([*(a.text for a in self.args), *named])})"

    def argument(self, name: str) -> Value | None:
        """The argument of this name, by keyword or by torch's own order; None if not given."""
        if name in self.keywords:
            return self.keywords[name]
        position = position_of(self.name, name)
        if position is None or position >= len(self.args):
            return None
        if any(value.text.startswith("*") for value in self.args[: position + 1]):
            return None
        return self.args[position]


class Assignment(Struct, frozen=True, eq=False):
    """`a = value`, `a, self.b = value`, `a: int = value`, `a += value`."""

    targets: tuple[str, ...]  # as written; a tuple's parts one by one
    value: Value | None  # None for a bare annotation
    place: Place
    function: str
    augmented: bool = False


class Function(Struct, frozen=True, eq=False):
    name: str
    qualname: str  # "Net.forward", "main.step"; without the module
    place: Place  # end_line is the end of the body
    parameters: tuple[str, ...]
    decorators: tuple[str, ...]  # resolved names
    in_class: str | None  # qualname of the class whose method it is


class Class(Struct, frozen=True, eq=False):
    name: str  # resolved, as calls name it: "Net", "models.Net"
    qualname: str  # without the module
    place: Place  # end_line is the end of the body
    bases: tuple[str, ...]  # resolved names
    methods: tuple[str, ...]


class Loop(Struct, frozen=True, eq=False):
    kind: Literal["for", "while"]
    place: Place  # end_line is the end of the body
    depth: int  # loops around it in the same function; 0: outermost
    target: str | None  # of a for loop, as written
    iterable: str  # what it runs over, or the while's condition, as written
    function: str


class Import(Struct, frozen=True):
    name: str  # "torch.nn.functional"; "torch.nn.*" for a star import
    alias: str  # the name it is bound to here; "*"
    place: Place


class AttributeUse(Struct, frozen=True):
    """Where methods assign `self.x = ...`, and where they call `self.x(...)`."""

    assigned: tuple[Place, ...] = ()
    called: tuple[Place, ...] = ()


def position_of(callee: str, argument: str) -> int | None:
    """Position of an argument in the calls that training scripts make without keywords."""
    before, _, last = callee.rpartition(".")
    names = _ORDER.get(last)
    if not names or argument not in names:
        return None
    position = names.index(argument)
    if callee.startswith(".") and not before and names[0] == "input":
        position -= 1  # x.softmax(1) is softmax(x, 1)
    return position if position >= 0 else None


def _order(callees: str, names: str) -> dict[str, tuple[str, ...]]:
    return {callee: tuple(names.split()) for callee in callees.split()}


_ORDER: dict[str, tuple[str, ...]] = {
    **_order("CIFAR10 CIFAR100 MNIST FashionMNIST KMNIST", "root train transform"),
    **_order("SVHN Food101 GTSRB", "root split transform"),
    **_order("ImageFolder", "root transform target_transform loader is_valid_file"),
    **_order("DataLoader", "dataset batch_size shuffle sampler batch_sampler num_workers"),
    **_order("TensorDataset", "tensors"),
    **_order("Subset", "dataset indices"),
    **_order("random_split", "dataset lengths generator"),
    **_order("Normalize", "mean std inplace"),
    **_order("normalize", "tensor mean std inplace"),
    **_order("SGD", "params lr momentum dampening weight_decay nesterov"),
    **_order("Adam AdamW NAdam RAdam", "params lr betas eps weight_decay"),
    **_order("RMSprop", "params lr alpha eps weight_decay momentum"),
    **_order("StepLR", "optimizer step_size gamma"),
    **_order("ExponentialLR", "optimizer gamma"),
    **_order("CosineAnnealingLR", "optimizer T_max eta_min"),
    **_order("MultiStepLR", "optimizer milestones gamma"),
    **_order("ReduceLROnPlateau", "optimizer mode factor patience"),
    **_order("LambdaLR", "optimizer lr_lambda"),
    **_order("Linear LazyLinear", "in_features out_features bias"),
    **_order("Conv1d Conv2d Conv3d", "in_channels out_channels kernel_size stride padding"),
    **_order("BatchNorm1d BatchNorm2d BatchNorm3d", "num_features eps momentum"),
    **_order("MaxPool2d AvgPool2d", "kernel_size stride padding"),
    **_order("Dropout Dropout2d", "p inplace"),
    **_order("dropout", "input p training inplace"),
    **_order("Softmax LogSoftmax", "dim"),
    **_order("softmax log_softmax argmax", "input dim"),
    **_order("cat stack", "tensors dim"),
    **_order("cross_entropy nll_loss mse_loss l1_loss", "input target weight"),
    **_order("binary_cross_entropy binary_cross_entropy_with_logits", "input target weight"),
    **_order("clip_grad_norm_", "parameters max_norm norm_type"),
    **_order("clip_grad_value_", "parameters clip_value"),
    **_order("Resize CenterCrop RandomCrop RandomResizedCrop", "size"),
}
