"""Tensors of the wrong type: bytes, doubles and integers where floats are due, and the reverse."""

from __future__ import annotations

import re

from whytorch.checks._helpers import target_text
from whytorch.findings.crashes.answer import Answer, Kind
from whytorch.findings.crashes.scene import Scene, grouped, short, with_argument

_CAST = {
    "float32": ".float()",
    "float64": ".double()",
    "float16": ".half()",
    "bfloat16": ".bfloat16()",
    "int64": ".long()",
}
_LONG_NAMES = {
    "Long": "int64",
    "Int": "int32",
    "Byte": "uint8",
    "Char": "int8",
    "Short": "int16",
    "Half": "float16",
    "Double": "float64",
    "Float": "float32",
    "Bool": "bool",
    "BFloat16": "bfloat16",
}


def layer_and_input(scene: Scene, match: re.Match[str]) -> Answer | None:
    """A layer whose weights have another type than what reaches it."""
    layer = scene.layer
    if layer is None or not layer.in_dtypes or layer.weight_dtype is None:
        return None
    given, wanted = layer.in_dtypes[0], layer.weight_dtype
    if layer.kind.startswith("Embedding"):
        if given.startswith(("int64", "int32")):
            return None
        wanted = "int64"
    elif given == wanted:
        return None
    cast = _CAST.get(wanted, f".to(torch.{wanted})")
    pixels = given == "uint8" and wanted == "float32"
    need = "looks up whole numbers" if wanted == "int64" else f"has {wanted} weights"
    place, text, call = scene.place, None, None
    entered = scene.crash.layers[0].in_dtypes
    if layer.kind.startswith("Embedding") and len(scene.crash.layers) > 1:
        names = next((c for c in scene.calls() if c.args), None)
        text = short(names.args[0]) if names is not None else None
    elif not entered or entered[0] == given:
        place, call = scene.network_call()
        text = short(call.args[0]) if call is not None and call.args else None
    else:
        names = next((c for c in scene.calls() if c.args), None)
        text = short(names.args[0]) if names is not None else None
    name = scene.layer_name(layer)
    happened = f"{text or 'the input'} is {given}, but {name} {need}"
    change = f"{grouped(text)}{cast}" if text else f"inputs{cast}"
    change += " / 255" if pixels else ""
    if call is not None and text is not None and len(call.args) == 1:
        change = with_argument(call, change)
    return Answer(happened, f"write {change}", place)


def in_backward(scene: Scene, match: re.Match[str]) -> Answer | None:
    """mse_loss takes targets of another type; only its backward refuses them."""
    sites = [s for s in scene.losses.training() if s.target_dtype != s.input_dtype]
    if not sites or sites[-1].input_dtype is None:
        return None
    site = sites[-1]
    cast = _CAST.get(site.input_dtype or "", f".to(torch.{site.input_dtype})")
    labels = target_text(scene.source, site)
    return Answer(
        f"{labels} is {site.target_dtype}, but the outputs are {site.input_dtype}",
        f"write {grouped(labels)}{cast}",
        site.place,
    )


def two_operands(scene: Scene, match: re.Match[str]) -> Answer | None:
    """Tensors of two types in one operation of the user's own."""
    known = scene.mentioned()
    kinds = {t.dtype for t in known}
    if len(kinds) < 2:
        return None
    odd = next((t for t in known if t.dtype != "float32"), known[0])
    other = next(t for t in known if t.dtype != odd.dtype)
    cast = _CAST.get(other.dtype, f".to(torch.{other.dtype})")
    return Answer(
        f"{odd.name} is {odd.dtype}, but {other.name} is {other.dtype}",
        f"write {odd.name}{cast}",
        scene.place,
    )


def mean_of_integers(scene: Scene, match: re.Match[str]) -> Answer | None:
    method = next((c for c in ("mean", "std", "var") if f"{c}(" in scene.text), "mean")
    of = scene.receiver(method) or next(iter(scene.arguments(method)), None)
    if of is None:
        return Answer("the mean of whole numbers", f"write .float().{method}()", scene.place)
    bare = of.removesuffix(".long()").removesuffix(".int()")
    return Answer(
        f"{of} holds {match.group(1) or 'whole number'} values, whose {method} is no whole number",
        f"write {grouped(bare)}.float().{method}()",
        scene.place,
    )


def not_implemented(scene: Scene, match: re.Match[str]) -> Answer | None:
    """An operation that has no version for this type: "log_softmax" for integers."""
    kind = _LONG_NAMES.get(match.group(2), match.group(2))
    odd = next((t for t in scene.mentioned() if t.dtype == kind), None)
    operation = match.group(1).removesuffix("_impl").removesuffix("_cpu")
    text = odd.name if odd else None
    if text is None and (call := next((c for c in scene.calls() if c.args), None)) is not None:
        text = short(call.args[0])
    cast = ".long()" if kind in ("int32", "int16", "int8") and "nll" in operation else ".float()"
    return Answer(
        f"{text or 'the tensor'} is {kind}, for which torch has no {operation}",
        f"write {grouped(text) if text else 'x'}{cast}",
        scene.place,
    )


def integers_learn_nothing(scene: Scene, match: re.Match[str]) -> Answer | None:
    text = scene.text if len(scene.text) <= 50 else "this tensor"
    return Answer(
        "only floats can have gradients, and this tensor holds whole numbers",
        f"write 1. for 1, or dtype=torch.float32, in {text}",
        scene.place,
    )


def index_of_floats(scene: Scene, match: re.Match[str]) -> Answer | None:
    odd = next((t for t in scene.mentioned() if t.dtype.startswith("float")), None)
    name = odd.name if odd else "the index"
    return Answer(
        f"{name} is used as an index, but holds floats", f"write {name}.long()", scene.place
    )


def into_integers(scene: Scene, match: re.Match[str]) -> Answer | None:
    sides = scene.sides()
    name = sides[0] if sides else scene.receiver() or "the tensor"
    return Answer(
        f"{name} holds {match.group(2)}, which can't take {match.group(1)} in place",
        f"write {name} = {name}.{match.group(1).lower()}() before",
        scene.place,
    )


def bools_subtracted(scene: Scene, match: re.Match[str]) -> Answer | None:
    odd = next((t for t in scene.mentioned() if t.dtype == "bool"), None)
    name = odd.name if odd else "the comparison"
    return Answer(
        f"{name} is bool, which can't be subtracted", f"write {name}.float()", scene.place
    )


def array_of_objects(scene: Scene, match: re.Match[str]) -> Answer | None:
    call = next((c for c in scene.calls() if c.args), None)
    text = short(call.args[0]) if call is not None else None
    array = text or "the array"
    kind = match.group(1)
    to = "np.int64" if kind.startswith("uint") else "np.float32"
    rows = ": rows of unequal length, text or empty cells" if "object" in kind else ""
    return Answer(
        f"{array} is a numpy array of {kind}{rows}", f"write {array}.astype({to})", scene.place
    )


def labels_of_a_loss(scene: Scene, match: re.Match[str]) -> Answer | None:
    """Fractions where cross-entropy needs class numbers."""
    site = scene.loss()
    if site is None or site.function not in ("cross_entropy", "nll_loss"):
        return None
    if site.target_integral or "float" not in (site.target_dtype or ""):
        return None
    labels = target_text(scene.source, site)
    return Answer(
        f"{site.function} was given {labels} with fractions ({site.target_min:g} to "
        f"{site.target_max:g}), but it needs class numbers",
        "use nn.MSELoss() for quantities, or give class numbers as int64",
        site.place,
    )


KINDS: tuple[Kind, ...] = (
    (r"Found dtype \w+ but expected \w+", in_backward),
    (
        r"same dtype|should be the same|expected scalar type|scalar types|not implemented for",
        layer_and_input,
    ),
    (r"expected scalar type|not implemented for", labels_of_a_loss),
    (
        r"(?:could not infer output dtype|Can only calculate the mean).*?[Gg]ot:? (\w+)",
        mean_of_integers,
    ),
    (r"same dtype|expected scalar type", two_operands),
    (r'"(\w+)" not implemented for \'(\w+)\'', not_implemented),
    (r"floating point .*can require gradients", integers_learn_nothing),
    (r"tensors used as indices must be", index_of_floats),
    (r"result type (\w+) can't be cast to (?:the desired output type )?(\w+)", into_integers),
    (r"Subtraction, the `-` operator, with", bools_subtracted),
    (r"can't convert np.ndarray of type numpy\.(\w+)", array_of_objects),
)
