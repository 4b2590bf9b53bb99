"""What calls give and get: tuples, None and layers where tensors are due."""

from __future__ import annotations

import ast
import re

from whytorch.findings.crashes.answer import Answer, Kind
from whytorch.findings.crashes.networks import own_class
from whytorch.findings.crashes.scene import Scene, short, with_argument, written
from whytorch.records import Place


def none_given(scene: Scene, match: re.Match[str]) -> Answer | None:
    """A network whose forward returns nothing, or another function without return."""
    names = [written(n) for n in scene.nodes() if isinstance(n, (ast.Name, ast.Attribute))]
    made = {t: a for a in (scene.source.assignments if scene.source else ()) for t in a.targets}
    kind = scene.network.kind if scene.network else None
    for name in names:
        value = made[name].value if name in made else None
        if value is None or "(" not in value.text:
            continue
        function = value.text.partition("(")[0].rpartition(".")[2]
        own = _forward_without_return(scene, kind, function)
        if own is not None:
            return Answer(
                f"{name} is None: {own[0]} returns nothing",
                f"write return ... at the end of {own[0]}",
                own[1],
            )
    text = match.group(0)
    what = re.search(r"attribute '(\w+)'", text)
    holder = next((n for n in names if what and n.endswith(f".{what.group(1)}")), None)
    of = holder.rpartition(".")[0] if holder else (names[0] if names else "a value")
    return Answer(
        f"{of} is None",
        f"see where {of} is assigned: that call returned nothing, or it was never set",
        scene.place,
    )


def _forward_without_return(scene: Scene, kind: str | None, name: str) -> tuple[str, Place] | None:
    source = scene.source
    if source is None:
        return None
    networks = {f"{kind}.forward"} if kind else set()
    for function in source.functions:
        if function.qualname in networks or function.name == name:
            first, last = function.place.line, function.place.end_line or function.place.line
            body = [source.line(function.place.path, n) or "" for n in range(first, last + 1)]
            if not any(re.match(r"\s*(return\b.|yield\b)", line) for line in body):
                return function.qualname, function.place
    return None


def tuple_attribute(scene: Scene, match: re.Match[str]) -> Answer | None:
    kind, name = match.group(1), match.group(2)
    of = scene.receiver(name) or next(
        (
            written(n.value)
            for n in scene.nodes()
            if isinstance(n, ast.Attribute) and n.attr == name
        ),
        "the result",
    )
    made = _assigned_by(scene, of)
    by = f" (what {made} returns)" if made else ""
    return Answer(
        f"{of} is a {kind}{by}, not a tensor", f"write {_first_of(of, made)}", scene.place
    )


def _assigned_by(scene: Scene, name: str) -> str | None:
    """The function whose result a name is, nearest above the crash."""
    line = scene.place.line if scene.place else 0
    found = [
        a.value.text.partition("(")[0]
        for a in (scene.source.assignments if scene.source else ())
        if a.targets == (name,)
        and a.value is not None
        and "(" in a.value.text
        and a.place.line <= line
    ]
    return found[-1] if found else None


def _first_of(name: str, made: str | None) -> str:
    if made and re.search(r"lstm|gru|rnn", made, re.IGNORECASE):
        return f"{name}, _ = {made}(...): the outputs and the state"
    return f"{name}[0], or name all parts where it is made"


def layer_gets_tuple(scene: Scene, match: re.Match[str]) -> Answer | None:
    function, kind = match.group(1), match.group(2)
    if kind in ("NoneType",):
        return none_given(scene, match)
    call = next((c for c in scene.calls() if c.args), None)
    text = short(call.args[0]) if call is not None else None
    who = function.removesuffix("_loss").replace("cross_entropy", "the loss")
    if text is None or call is None:
        return None
    name = written(call.func)
    if kind in ("tuple", "list"):
        made = _assigned_by(scene, text)
        by = f" (what {made} returns)" if made else ""
        return Answer(
            f"{name} got {text}, which is a {kind}{by}",
            f"write {_first_of(text, made)}",
            scene.place,
        )
    if kind.endswith("ndarray"):
        return Answer(
            f"{name} got {text}, a numpy array",
            f"write {with_argument(call, f'torch.from_numpy({text}).float()')}",
            scene.place,
        )
    if "Image" in kind:
        return Answer(
            f"{name} got {text}, a PIL image",
            "write transforms.ToTensor()(image).unsqueeze(0)",
            scene.place,
        )
    logits = "Output" in kind
    write = f"write {text}.logits" if logits else f"give {who} a tensor"
    return Answer(f"{name} got {text}, a {kind}", write, scene.place)


def not_callable(scene: Scene, match: re.Match[str]) -> Answer | None:
    kind = match.group(1)
    own = own_class(scene, kind)
    name = next((written(c.func) for c in scene.calls()), "it")
    if own is not None and own.bases == () and "forward" in own.methods:
        return Answer(
            f"{kind} has a forward, but is no network for torch",
            f"write class {kind}(nn.Module):, with super().__init__()",
            scene.place,
        )
    if kind == "Tensor":
        return Answer(
            f"{name} is a tensor, and is called like a function",
            f"write {name}[...] for an index, or rename it: the name was a function's",
            scene.place,
        )
    if kind in ("int", "float", "str", "list", "tuple", "NoneType", "dict", "bool"):
        return Answer(
            f"{name} is a {kind}, and is called like a function",
            f"leave out the parentheses, or rename the {kind} called {name}",
            scene.place,
        )
    return None


def one_answer(scene: Scene, match: re.Match[str]) -> Answer | None:
    """A comparison with a tuple or list gives one bool, not one for each element."""
    for node in scene.nodes():
        if isinstance(node, ast.Compare):
            one, other = written(node.left), written(node.comparators[0])
            for name in (one, other):
                made = _assigned_by(scene, name)
                if made and made.endswith(("max", "min", "sort", "topk")):
                    return Answer(
                        f"{name} is what {made} returns: values and indices",
                        f"write _, {name} = {made}(...), or .argmax(1)",
                        scene.place,
                    )
            return Answer(
                f"{one} == {other} compares two things that are not both tensors",
                "make both tensors first: torch.tensor(...)",
                scene.place,
            )
    return None


def size_called(scene: Scene, match: re.Match[str]) -> Answer | None:
    for call in scene.calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr == "shape":
            of, inner = written(call.func.value), ", ".join(written(a) for a in call.args)
            write = f"write {of}.shape[{inner}]"
            return Answer(f"{of}.shape is no function", write, scene.place)
    return None


def tensor_is_no_list(scene: Scene, match: re.Match[str]) -> Answer | None:
    of = scene.receiver("append", "extend") or "it"
    return Answer(
        f"{of} is a tensor, which can't grow",
        f"write {of} = [] and torch.stack({of}) at the end",
        scene.place,
    )


KINDS: tuple[Kind, ...] = (
    (
        r"'NoneType' object has no attribute '\w+'|'NoneType' object is not (?:callable|iterable|"
        r"subscriptable)",
        none_given,
    ),
    (r"'(tuple|list)' object has no attribute '(\w+)'", tuple_attribute),
    (
        r"(\w+)\(\): argument '(?:input|target|self)' \(position \d\) must be Tensor, not ([\w.]+)",
        layer_gets_tuple,
    ),
    (r"(\w+)\(\) received an invalid combination of arguments - got \((\w+)", layer_gets_tuple),
    (r"'(\w+)' object is not callable", not_callable),
    (r"'bool' object has no attribute '\w+'", one_answer),
    (r"'torch\.Size' object is not callable", size_called),
    (r"'Tensor' object has no attribute '(?:append|extend)'", tensor_is_no_list),
)
