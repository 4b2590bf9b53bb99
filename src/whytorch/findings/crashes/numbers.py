"""Tensors turned into numbers and arrays of numpy."""

from __future__ import annotations

import ast
import re

from whytorch.findings.crashes.answer import Answer, Kind
from whytorch.findings.crashes.scene import Scene, called, grouped, short, written


def with_gradient(scene: Scene, match: re.Match[str]) -> Answer | None:
    direct = scene.receiver("numpy", "__array__")
    if direct is not None:
        return Answer(
            f"{direct} is part of a graph, and numpy knows none",
            f"write {grouped(direct)}.detach().numpy()",
            scene.place,
        )
    call = next((c for c in scene.calls() if c.args), None)
    given = [short(a) for a in call.args] if call is not None else []
    known = {t.name: t.dtype for t in scene.crash.tensors}
    floats = [a for a in given if a and known.get(a, "float").startswith("float")]
    text = next(iter(floats or given), None)
    listed = _appended(scene, text)
    if listed is not None:
        return Answer(
            f"{text} is a list of tensors that keep their graphs",
            f"append {listed}.item() instead of {listed}",
            scene.place,
        )
    return Answer(
        f"{text or 'the tensor'} is part of a graph, and numpy knows none",
        f"write {grouped(text or 'x')}.detach().numpy()",
        scene.place,
    )


def _appended(scene: Scene, name: str | None) -> str | None:
    """What is appended to a list of this name."""
    if scene.source is None or name is None:
        return None
    for call in scene.source.calls_to("*.append"):
        if call.raw == f"{name}.append" and call.args and "." not in call.args[0].text:
            return call.args[0].text
    return None


def on_gpu(scene: Scene, match: re.Match[str]) -> Answer | None:
    of = scene.receiver("numpy", "__array__")
    if of is None:
        call = next((c for c in scene.calls() if c.args), None)
        of = short(call.args[0]) if call is not None else None
        listed = _appended(scene, of)
        if listed is not None:
            return Answer(
                f"{of} is a list of tensors on the GPU",
                f"append {listed}.item() instead of {listed}",
                scene.place,
            )
    of = (of or "x").removesuffix(".detach()")
    return Answer(
        f"{of} is on the GPU, where numpy can't reach it",
        f"write {grouped(of)}.detach().cpu().numpy()",
        scene.place,
    )


def one_number(scene: Scene, match: re.Match[str]) -> Answer | None:
    of = scene.receiver("item")
    if of is None:
        call = next((c for c in scene.calls() if c.args), None)
        of = short(call.args[0]) if call is not None else None
        if call is not None and called(call) in ("tensor", "Tensor", "FloatTensor", "array"):
            return Answer(f"{of} is a list of tensors", f"write torch.stack({of})", scene.place)
    tensor = scene.tensor(of)
    plural = "a tensor of many numbers"
    of = of or "the tensor"
    end = ".tolist()"
    write = f"write {grouped(of)}.mean().item() or .sum().item() for one number"
    if tensor is not None and tensor.dtype == "bool":
        write = f"write {grouped(of)}.sum().item() to count them"
    else:
        write += f", {end} for all"
    what = scene.described(of) if tensor else f"{of} is {plural}"
    return Answer(
        f"{what} can't become one number" if tensor else f"{what}, not one number",
        write,
        scene.place,
    )


def ambiguous(scene: Scene, match: re.Match[str]) -> Answer | None:
    code = (scene.place.code if scene.place else None) or ""
    condition = scene.text
    tested = re.match(r"\s*(?:el)?(?:if|while|assert)\s+(.*?):?\s*(?:#.*)?$", code)
    if tested:
        condition = tested.group(1)
    for call in scene.calls("max", "min", "sorted"):
        if isinstance(call.func, ast.Name):
            given = ", ".join(written(a) for a in call.args)
            return Answer(
                f"Python's own {call.func.id} compares tensors one by one",
                f"write torch.{call.func.id}({given})",
                scene.place,
            )
    condition = condition if len(condition) <= 60 else "the condition"
    return Answer(
        f"{condition} is a tensor of many answers, not one yes or no",
        f"write ({condition}).all() or .any(), or count with ({condition}).sum().item()",
        scene.place,
    )


def zero_dimensions(scene: Scene, match: re.Match[str]) -> Answer | None:
    of = scene.text if len(scene.text) <= 50 else "it"
    return Answer(
        f"{of} takes an index of a tensor that is one number",
        "write .item() instead of [0]",
        scene.place,
    )


def iterated(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        f"{scene.text[:50]} runs over a tensor that is one number",
        "leave out the loop, or the sum() or item() before it",
        scene.place,
    )


def negative_stride(scene: Scene, match: re.Match[str]) -> Answer | None:
    call = next(scene.calls("from_numpy", "tensor", "as_tensor"), None)
    text = (short(call.args[0]) if call is not None and call.args else None) or "array"
    return Answer(
        f"{text} is a flipped view of an array, which torch can't share",
        f"write {grouped(text)}.copy()",
        scene.place,
    )


KINDS: tuple[Kind, ...] = (
    (r"[Cc]an't call numpy\(\) on (?:Tensor|Variable) that requires grad", with_gradient),
    (r"can't convert (?:cuda|mps|xpu)\S* device type tensor to numpy", on_gpu),
    (
        r"only one element tensors can be converted|elements cannot be converted to Scalar|"
        r"only (?:size-1|length-1|0-dimensional) arrays can be converted",
        one_number,
    ),
    (r"(?:Boolean|bool) value of Tensor with", ambiguous),
    (r"invalid index of a 0-dim tensor", zero_dimensions),
    (r"iteration over a 0-d tensor", iterated),
    (r"stride.* in the given numpy array is negative", negative_stride),
)
