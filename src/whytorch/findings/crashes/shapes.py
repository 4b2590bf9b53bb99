"""Shapes that do not fit each other, or a layer."""

from __future__ import annotations

import ast
import re

from whytorch.checks._helpers import plain, target_text
from whytorch.findings.crashes.answer import Answer, Kind
from whytorch.findings.crashes.scene import Scene, grouped, short, written


def operands(scene: Scene, match: re.Match[str]) -> Answer | None:
    """x + y of shapes that do not go together."""
    site = scene.loss()
    if site is not None and site.input_shape and site.target_shape:
        return _loss(scene)
    dim = match.group(3)
    pair = scene.sides() or tuple(t.name for t in scene.mentioned()[:2])
    if len(pair) != 2:
        return None
    one, other = pair
    known = scene.tensor(one), scene.tensor(other)
    write = f"make dimension {dim} of both equal, or 1 in one of them"
    if int(dim) >= 2 and abs(int(match.group(1)) - int(match.group(2))) <= 4:
        write = f"write F.interpolate({one}, size={other}.shape[2:]), or padding (for "
        write += "ConvTranspose output_padding=1) that keeps the size"
    if known[0] and known[1]:
        a, b = known[0].shape, known[1].shape
        if len(a) == 4 == len(b) and a[1] != b[1] and a[2:] == b[2:]:
            write = f"give one of them the other's channels: {other} = nn.Conv2d({b[1]}, {a[1]}, 1)"
            write += f"({other})"
        elif len(a) == 4 == len(b) and a[2:] != b[2:]:
            write = f"write padding that keeps {plain(b[2:])}, or F.interpolate({one}, "
            write += f"size={other}.shape[2:])"
    return Answer(
        f"{scene.described(one)} and {scene.described(other)} do not fit: {match.group(1)} against "
        f"{match.group(2)} in dimension {dim}",
        write,
        scene.place,
    )


def concatenated(scene: Scene, match: re.Match[str]) -> Answer | None:
    parts = _parts(scene, "cat", "concat", "hstack", "vstack")
    described = [scene.described(p) for p in parts] or ["the tensors"]
    dim, expected, got = match.groups()
    write = f"make them equal in all dimensions but {dim}"
    known = [t for p in parts if (t := scene.tensor(p))]
    if len(known) == 2 and all(len(t.shape) == 4 for t in known) and dim == "1":
        write = f"write F.interpolate({parts[0]}, size={parts[1]}.shape[2:]) before it"
    return Answer(
        f"cat of {' and '.join(described)}: {expected} against {got}, where only "
        f"dimension {dim} may differ",
        write,
        scene.place,
    )


def _parts(scene: Scene, *names: str) -> list[str]:
    call = next(scene.calls(*names), None)
    if call is None or not call.args:
        return []
    first = call.args[0]
    if isinstance(first, (ast.Tuple, ast.List)):
        return [written(e) for e in first.elts]
    return [written(first)]


def stacked(scene: Scene, match: re.Match[str]) -> Answer | None:
    one, other = match.group(1), match.group(2)
    shapes = [_numbers(one), _numbers(other)]
    images = all(len(s) == 3 and s[0] in (1, 3, 4) for s in shapes)
    by_loader = scene.crash.during == "data" or not list(scene.calls("stack", "cat"))
    sizes = f"[{one}] and [{other}]"
    if images and shapes[0][0] != shapes[1][0]:
        write = 'convert all images to one kind: image.convert("RGB") in __getitem__'
    elif images:
        write = "give the transform a size for both sides: transforms.Resize((224, 224))"
    elif all(s[1:] == shapes[0][1:] for s in shapes):
        what = next(iter(_parts(scene, "stack")), "samples")
        write = f"write nn.utils.rnn.pad_sequence({what}, batch_first=True)"
        write += " in a collate_fn of the DataLoader" if by_loader else ""
    else:
        write = "give all samples one shape in __getitem__"
    what = "the samples of a batch" if by_loader else "the tensors to stack"
    return Answer(f"{what} differ in shape: {sizes}", write, scene.place)


def _numbers(text: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", text)]


def not_contiguous(scene: Scene, match: re.Match[str]) -> Answer | None:
    call = next(scene.calls("view"), None)
    if call is None or not isinstance(call.func, ast.Attribute):
        return Answer(
            "view needs numbers that lie in a row, and these were transposed or cut",
            "write .reshape(...) instead of .view(...)",
            scene.place,
        )
    of = written(call.func.value)
    changed = f"{of}.reshape({', '.join(written(a) for a in call.args)})"
    write = changed if len(changed) <= 90 else ".reshape(...) instead of .view(...)"
    return Answer(
        "view needs numbers that lie in a row, and these were transposed or cut",
        f"write {write}",
        scene.place,
    )


def view_size(scene: Scene, match: re.Match[str]) -> Answer | None:
    wanted, numbers = match.group(1), match.group(2)
    of = scene.receiver("view", "reshape")
    call = next(scene.calls("view", "reshape"), None)
    write = "write -1 for one of its sizes"
    tensor = scene.tensor(of)
    if tensor is not None and len(tensor.shape) > 1 and len(_numbers(wanted)) == 2:
        features = 1
        for n in tensor.shape[1:]:
            features *= n
        write = f"write torch.flatten({of}, 1), which gives {features} features each"
    elif call is not None and of is not None and len(call.args) > 1:
        write = f"write {of}.{call.func.attr}({written(call.args[0])}, -1)"  # type: ignore[attr-defined]
    return Answer(
        f"{scene.described(of)} has {numbers} numbers, which do not make [{wanted}]",
        write,
        scene.place,
    )


def matrices(scene: Scene, match: re.Match[str]) -> Answer | None:
    """A matrix product of the user's own, or F.linear."""
    sides = scene.sides()
    if sides is None:
        given = scene.arguments("matmul", "mm", "bmm", "linear", "addmm", "einsum")
        sides = (given[0], given[1]) if len(given) > 1 else None
    one, other = sides or ("the first", "the second")
    shapes = [s.split("x") for s in match.groups()]
    names = [scene.described(one), scene.described(other)]
    inner = f"{shapes[0][-1]} against {shapes[1][0]}"
    write = "make the last dimension of the first equal to the first of the second"
    if shapes[0][-1] == shapes[1][-1]:
        write = f"write {grouped(other)}.T" if sides else "transpose the second"
    return Answer(
        f"the product of {names[0]} and {names[1]} does not fit: {inner}", write, scene.place
    )


def smaller_than_kernel(scene: Scene, match: re.Match[str]) -> Answer | None:
    size, kernel = (m.replace(" ", "") for m in match.groups())
    layer = scene.layer
    name = scene.layer_name(layer) if layer else "the convolution"
    return Answer(
        f"only {size} is left of the image before {name}, whose kernel is {kernel}",
        "write padding=1 there, leave out a pooling or stride before it, or use larger images",
        (layer.place if layer else None) or scene.place,
    )


def pooled_away(scene: Scene, match: re.Match[str]) -> Answer | None:
    layer = scene.layer
    name = scene.layer_name(layer) if layer else "the pooling"
    size = re.sub(r"^\d+x", "", match.group(1).replace(" ", ""))
    return Answer(
        f"only {size} is left of the image before {name}, which would leave nothing (a pooling)",
        "leave out a pooling or stride, write padding=1 in convolutions, or use larger images",
        (layer.place if layer else None) or scene.place,
    )


def normalization(scene: Scene, match: re.Match[str]) -> Answer | None:
    layer = scene.layer
    if layer is None or "Norm" not in layer.kind:
        return None
    dims = int(match.group(1))
    right = {2: "1d", 3: "1d", 4: "2d", 5: "3d"}.get(dims)
    shape = plain(layer.in_shapes[0]) if layer.in_shapes else f"{dims} dimensions"
    kind = re.sub(r"\dd$", right or "", layer.kind)
    if right is None or kind == layer.kind:
        return None
    features = layer.settings.get("num_features", "...")
    name = scene.layer_name(layer)
    return Answer(
        f"{name} ({layer.kind}) got an input of shape {shape}",
        f"write nn.{kind}({features})",
        layer.place or scene.place,
    )


def recurrent(scene: Scene, match: re.Match[str]) -> Answer | None:
    layer = scene.layer
    expected, got = match.groups()
    if layer is None:
        return None
    shape = f" of shape {plain(layer.in_shapes[0])}" if layer.in_shapes else ""
    hidden = layer.settings.get("hidden_size", "...")
    return Answer(
        f"{scene.layer_name(layer)} expects {expected} features in each step, and its input{shape} "
        f"has {got}",
        f"write nn.{layer.kind}({got}, {hidden}, ...), that is input_size={got}",
        layer.place or scene.place,
    )


def _loss(scene: Scene) -> Answer | None:
    """Outputs and labels of unequal shapes."""
    site = scene.loss()
    if site is None or not site.input_shape or not site.target_shape:
        return None
    labels = target_text(scene.source, site)
    given, target = site.input_shape, site.target_shape
    call = next((c for c in scene.calls() if len(c.args) > 1), None)
    outputs = (short(call.args[0]) if call is not None else None) or "the outputs"
    write = "find the reshape or permute that changed the number of rows"
    if len(given) == len(target) + 1 and given == (*target, 1):
        write = f"write {grouped(outputs)}.squeeze({len(target)})"
    elif len(target) == len(given) + 1 and target == (*given, 1):
        write = f"write {labels}.squeeze({len(given)})"
    elif len(given) == len(target) > 2 and given[:2] == target[:2]:
        write = f"write F.interpolate({outputs}, size={labels}.shape[2:]), or padding (for "
        write += "ConvTranspose output_padding=1) that keeps the size"
    elif given[0] != target[0] and target[0] and given[0] % target[0] == 0:
        times = given[0] // target[0]
        write = f"keep one row for each sample: a view(-1, ...) made {times} of each"
    elif given[0] != target[0] and given[0] and target[0] % given[0] == 0:
        write = "keep one row for each sample: a view(-1, ...) or squeeze() folded the batch"
    elif len(given) == len(target) > 2 and given[0] == target[0]:
        write = f"give the loss a prediction and its target: of {outputs} and {labels} one is "
        write += "neither, but what lies in between"
    return Answer(
        f"{outputs} has shape {plain(given)}, but {labels} has {plain(target)}",
        write,
        site.place or scene.place,
    )


def loss_shapes(scene: Scene, match: re.Match[str]) -> Answer | None:
    return _loss(scene)


def segmentation(scene: Scene, match: re.Match[str]) -> Answer | None:
    site = scene.loss()
    if site is None or not site.target_shape or not site.input_shape:
        return None
    labels = target_text(scene.source, site)
    wanted = (site.input_shape[0], *site.input_shape[2:])
    write = f"write {labels}.squeeze(1).long()"
    if site.target_shape[-1:] == (3,) or site.target_shape[1:2] == (3,):
        write = "give class numbers, not colours"
    elif len(site.target_shape) > 1 and site.target_shape[1] > 1:
        write = f"write {labels}.argmax(1)"
    return Answer(
        f"{labels} has shape {plain(site.target_shape)}, but cross_entropy needs class "
        f"numbers of shape {plain(wanted)}",
        write,
        site.place,
    )


def embedding_index(scene: Scene, match: re.Match[str]) -> Answer | None:
    layer = scene.layer
    if layer is None or not layer.kind.startswith("Embedding"):
        return None
    rows = layer.settings.get("num_embeddings")
    size = layer.settings.get("embedding_dim", "...")
    high = layer.settings.get("largest_index")
    name = scene.layer_name(layer)
    if not isinstance(rows, int) or not isinstance(high, int):
        return Answer(
            f"a token is beyond the rows of {name}",
            "write num_embeddings = largest token + 1",
            layer.place,
        )
    low = layer.settings.get("smallest_index", 0)
    if isinstance(low, int) and low < 0:
        return Answer(
            f"{name} was given {low}, and rows count from 0",
            "number the tokens from 0",
            scene.place,
        )
    return Answer(
        f"{name} has {rows} rows (0 to {rows - 1}), but was given {high}",
        f"write nn.Embedding({high + 1}, {size})",
        layer.place,
    )


def dimension(scene: Scene, match: re.Match[str]) -> Answer | None:
    """A dimension that the tensor does not have."""
    calls = [c for c in scene.calls() if isinstance(c.func, ast.Attribute)]
    of = next((t for c in calls if (t := short(c.func.value)) and scene.tensor(t)), None)  # type: ignore[attr-defined]
    named = scene.mentioned()
    of = of or (named[0].name if named else None)
    known = scene.tensor(of)
    rank = f", and has {len(known.shape)} dimension(s)" if known else ""
    write = "name one that it has: dim=-1 is the last"
    if known is not None and len(known.shape) == 1:
        write = f"write dim=0, or {of}.unsqueeze(0) for one sample without batch dimension"
    return Answer(
        f"{scene.described(of)} has no dimension {match.group(1)}{rank and ''}", write, scene.place
    )


def index_beyond(scene: Scene, match: re.Match[str]) -> Answer | None:
    named = scene.mentioned()
    of = f" of {scene.described(named[0].name)}" if named else ""
    index, dim, size = match.groups()
    return Answer(
        f"index {index} is beyond dimension {dim}{of}, which has {size}",
        f"use an index from 0 to {int(size) - 1}",
        scene.place,
    )


def too_many_indices(scene: Scene, match: re.Match[str]) -> Answer | None:
    named = scene.mentioned()
    of = scene.described(named[0].name) if named else f"a tensor of {match.group(1)} dimension(s)"
    return Answer(
        f"{of} is given more indices than it has dimensions",
        f"leave out an index in {scene.text[:60]}",
        scene.place,
    )


KINDS: tuple[Kind, ...] = (
    (
        r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton "
        r"dimension (\d+)",
        operands,
    ),
    (
        r"Sizes of tensors must match except in dimension (\d+)\D+(\d+) (?:but got size|and) (\d+)",
        concatenated,
    ),
    (r"each tensor to be equal size, but got \[([\d, ]*)\] at entry 0 and \[([\d, ]*)\]", stacked),
    (r"view size is not compatible", not_contiguous),
    (r"shape '\[([\d, -]+)\]' is invalid for input of size (\d+)", view_size),
    (r"shapes cannot be multiplied \(([\dx]+) and ([\dx]+)\)", matrices),
    (r"per channel: \(([\dx ]+)\)\. Kernel size: \(([\dx ]+)\)", smaller_than_kernel),
    (r"Given input size: \(([\dx ]+)\)\. Calculated output size", pooled_away),
    (r"expected [\w, ]+ input \(got (\d)D input\)", normalization),
    (r"input\.size\(-1\) must be equal to input_size\. Expected (\d+), got (\d+)", recurrent),
    (r"only batches of spatial targets supported", segmentation),
    (
        r"match target batch_size|size mismatch \(got input|[Tt]arget size|target tensor expected",
        loss_shapes,
    ),
    (r"index out of range in self", embedding_index),
    (r"Dimension out of range \(expected to be in range of .*?, but got (-?\d+)\)", dimension),
    (r"index (\d+) is out of bounds for dimension (\d+) with size (\d+)", index_beyond),
    (r"too many indices for tensor of dimension (\d+)", too_many_indices),
)
