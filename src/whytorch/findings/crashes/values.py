"""Values that an operation does not take: labels and indices beyond the end, no probabilities."""

from __future__ import annotations

import ast
import re

from whytorch.findings.crashes.answer import Answer, Kind
from whytorch.findings.crashes.scene import Scene, called, grouped, short, written

_BY_INDEX = ("gather", "scatter", "scatter_", "take_along_dim", "index_select", "scatter_add_")


def no_probabilities(scene: Scene, match: re.Match[str]) -> Answer | None:
    site = scene.loss()
    seen = ""
    if site is not None and site.input_min is not None and site.input_max is not None:
        seen = f" ({site.input_min:.3g} to {site.input_max:.3g})"
    return Answer(
        f"nn.BCELoss needs numbers from 0 to 1, and the network's outputs are not{seen}",
        "write nn.BCEWithLogitsLoss(), or torch.sigmoid(...) around the outputs",
        (site.made_place if site else None) or scene.place,
    )


def label_as_index(scene: Scene, match: re.Match[str]) -> Answer | None:
    """gather and its kin with labels of which one is no class."""
    index, dim, size = match.groups()
    call = next(scene.calls(*_BY_INDEX), None)
    if call is None:
        return None
    labels = short(call.args[-1]) if call.args else None
    labels = re.sub(r"\.(unsqueeze|view|reshape|long)\([^()]*\)", "", labels or "the index")
    of = written(call.func.value) if isinstance(call.func, ast.Attribute) else None
    return Answer(
        f"{labels} holds {index}, but {scene.described(of)} has only 0 to {int(size) - 1} in "
        f"dimension {dim}",
        f"number the classes from 0 ({labels} - 1?), or give the network {int(index) + 1} outputs",
        scene.place,
    )


def one_hot_classes(scene: Scene, match: re.Match[str]) -> Answer | None:
    call = next(scene.calls("one_hot"), None)
    labels = (short(call.args[0]) if call is not None and call.args else None) or "the labels"
    return Answer(
        f"{labels} holds a class number that is not below num_classes",
        f"number the classes from 0 ({grouped(labels)} - 1?), or write num_classes = "
        f"{grouped(labels)}.max() + 1",
        scene.place,
    )


def negative_class(scene: Scene, match: re.Match[str]) -> Answer | None:
    call = next(scene.calls("one_hot"), None)
    labels = (short(call.args[0]) if call is not None and call.args else None) or "the labels"
    return Answer(
        f"{labels} holds a negative class number", "number the classes from 0", scene.place
    )


def text_as_numbers(scene: Scene, match: re.Match[str]) -> Answer | None:
    call = next((c for c in scene.calls() if c.args), None)
    labels = (short(call.args[0]) if call is not None else None) or "this"
    return Answer(
        f"{labels} holds text, and tensors hold numbers",
        "number the classes first: classes = sorted(set(names)), [classes.index(n) for n in names]",
        scene.place,
    )


def beyond_the_list(scene: Scene, match: re.Match[str]) -> Answer | None:
    text = scene.text if len(scene.text) <= 60 else "the index"
    length = ""
    if scene.crash.functions[-1:] == ("__getitem__",):
        return Answer(
            f"{text} is beyond the end of the list: __len__ says more than there is",
            "let __len__ return the length of that list",
            scene.place,
        )
    return Answer(
        f"{text} is beyond the end of the list{length}",
        "use an index from 0 to its length - 1",
        scene.place,
    )


def text_as_index(scene: Scene, match: re.Match[str]) -> Answer | None:
    kind = match.group(1)
    for node in scene.nodes():
        if isinstance(node, ast.Subscript):
            of = written(node.value)
            return Answer(
                f"{of} is a {kind}, and has no keys such as {written(node.slice)}",
                f"write {of}[0], {of}[1], ... or name its parts: images, labels = {of}",
                scene.place,
            )
    return None


def norm_shape(scene: Scene, match: re.Match[str]) -> Answer | None:
    expected, got = match.group(1), match.group(2)
    layer = scene.layer
    name = scene.layer_name(layer) if layer else "LayerNorm"
    last = got.split(",")[-1].strip()
    size = last if "," not in expected else f"[..., {last}]"
    return Answer(
        f"{name} is made for [{expected}], and gets [{got}]",
        f"write nn.LayerNorm({size})",
        (layer.place if layer else None) or scene.place,
    )


def heads(scene: Scene, match: re.Match[str]) -> Answer | None:
    call = next((c for c in scene.calls() if c.args or c.keywords), None)
    what = called(call) if call is not None else "the attention"
    return Answer(
        f"{what}: the width must be a multiple of the number of heads",
        "choose a width that the heads divide, such as d_model=64 for 8",
        scene.place,
    )


KINDS: tuple[Kind, ...] = (
    (r"all elements of input should be between 0 and 1", no_probabilities),
    (r"index (\d+) is out of bounds for dimension (\d+) with size (\d+)", label_as_index),
    (r"Class values must be smaller than num_classes", one_hot_classes),
    (r"Class values must be non-negative", negative_class),
    (r"too many dimensions 'str'|numpy\.str_|new\(\): invalid data type 'str'", text_as_numbers),
    (r"IndexError: list index out of range", beyond_the_list),
    (r"(list|tuple) indices must be integers or slices, not str", text_as_index),
    (r"normalized_shape=\[([\d, ]+)\].*got input of size ?\[([\d, ]+)\]", norm_shape),
    (r"embed_dim must be divisible by num_heads", heads),
)  # fmt: skip
