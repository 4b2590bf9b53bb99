"""Networks that are not put together, or not called, as they are written."""

from __future__ import annotations

import ast
import difflib
import re

from whytorch.evidence.source import Class, Function
from whytorch.findings.crashes.answer import Answer, Kind
from whytorch.findings.crashes.scene import Scene, called, written
from whytorch.records import Place


def no_super(scene: Scene, match: re.Match[str]) -> Answer | None:
    function = (
        scene.source.enclosing_function(scene.place) if scene.source and scene.place else None
    )
    kind = function.in_class.rpartition(".")[2] if function and function.in_class else "the network"
    return Answer(
        f"{kind} assigns a layer before nn.Module is set up",
        f"write super().__init__() as the first line of {kind}.__init__",
        scene.place,
    )


def wrong_super(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "super(...) names another class than the one it stands in",
        "write super().__init__() without arguments",
        scene.place,
    )


def missing_argument(scene: Scene, match: re.Match[str]) -> Answer | None:
    who, names = match.group(1), match.group(2)
    names = " and ".join(re.findall(r"'(\w+)'", names)) or names
    call = next((c for c in scene.calls() if _may_call(c, who)), None)
    kind, _, method = who.rpartition(".")
    what = kind if method == "__init__" and kind else who
    if _is_class_called(scene, call, kind):
        return Answer(
            f"{written(call.func)} is the class, not a network made of it",  # type: ignore[union-attr]
            f"write model = {kind}() first, and call that",
            scene.place,
        )
    text = written(call) if call is not None and len(written(call)) < 60 else f"{what}(...)"
    text = f"{written(call.func)}(..., {names})" if call is not None else text
    return Answer(f"{what} is called without {names}", f"give it too: {text}", scene.place)


def _may_call(call: ast.Call, who: str) -> bool:
    name, last = called(call), who.rpartition(".")[2]
    return last in ("forward", "__init__", "__call__") or name == last


def _is_class_called(scene: Scene, call: ast.Call | None, kind: str) -> bool:
    """Net.forward(x): called on the class, so that x is taken for self."""
    return call is not None and bool(kind) and written(call.func) == f"{kind}.forward"


def too_many_arguments(scene: Scene, match: re.Match[str]) -> Answer | None:
    who, takes, given = match.group(1), match.group(2), match.group(3)
    function = _function(scene, who)
    last = who.rpartition(".")[2]
    if function is not None and "." in who and (function.parameters or ("",))[0] != "self":
        rest = ", ".join(("self", *function.parameters))
        return Answer(f"{who} has no self", f"write def {last}({rest}):", scene.place)
    wanted = _limits(takes)
    if "." in who and last == "__init__":
        kind = who.rpartition(".")[0]
        if wanted == 1 and _misspelled(scene, kind, "__init__"):
            return _init_misspelled(scene, kind)
    call = next((c for c in scene.calls() if c.args), None)
    if who == "Compose.__init__" and call is not None:
        inner = ", ".join(written(a) for a in call.args)
        return Answer(
            "Compose takes one list of transforms", f"write Compose([{inner}])", scene.place
        )
    if last == "__init__" and wanted == 1 and call is not None and called(call) in who:
        kind, inner = called(call), ", ".join(written(a) for a in call.args)
        return Answer(
            f"{kind}(...) makes a network and takes nothing; {inner[:40]} is its input",
            f"write model = {kind}(), then model({inner[:40]})",
            scene.place,
        )
    if "." in who:
        wanted, count = max(0, wanted - 1), int(given) - 1
    else:
        count = int(given)
    takes_names = (
        ", ".join(function.parameters[1:] if "." in who else function.parameters)
        if (function)
        else str(wanted)
    )
    return Answer(
        f"{who} takes {takes_names or 'nothing'}, but was given {count} arguments",
        "leave out what is too much, or add it to the def",
        scene.place,
    )


def _limits(text: str) -> int:
    return max([int(n) for n in re.findall(r"\d+", text)], default=0)


def _function(scene: Scene, who: str) -> Function | None:
    for function in scene.source.functions if scene.source else ():
        if function.qualname == who or function.qualname.endswith(f".{who}"):
            return function
    return None


def unexpected_keyword(scene: Scene, match: re.Match[str]) -> Answer | None:
    who, name = match.groups()
    function = _function(scene, who)
    usual = {"learning_rate": "lr", "l2": "weight_decay", "n_workers": "num_workers"}
    close = difflib.get_close_matches(name, function.parameters, 1) if function else []
    close = close or [usual[name]] * (name in usual)
    write = f"write {close[0]}= instead" if close else f"leave out {name}="
    what = who.removesuffix(".__init__")
    return Answer(f"{what} has no argument {name}", write, scene.place)


def no_forward(scene: Scene, match: re.Match[str]) -> Answer | None:
    kind = match.group(1) if match.lastindex else None
    own = own_class(scene, kind or (scene.crash.layers[-1].kind if scene.crash.layers else ""))
    if own is None:
        layer = scene.layer
        if layer is not None and layer.kind in ("ModuleList", "ModuleDict"):
            return _list_called(scene, layer.kind)
        return None
    close = difflib.get_close_matches("forward", own.methods, 1, 0.7)
    name = own.qualname.rpartition(".")[2]
    nested = [
        f
        for f in (scene.source.functions if scene.source else ())
        if f.name == "forward" and f.qualname.startswith(f"{own.qualname}.__init__")
    ]
    if close:
        place = _method(scene, own, close[0])
        return Answer(
            f"{name} has no forward, but {close[0]}",
            "write def forward(self, ...)",
            place or scene.place,
        )
    if nested:
        return Answer(
            f"forward of {name} stands inside its __init__",
            "move def forward one indentation to the left",
            nested[0].place,
        )
    return Answer(f"{name} has no forward", "write def forward(self, x): return ...", own.place)


def _list_called(scene: Scene, kind: str) -> Answer:
    call = next((c for c in scene.calls() if c.args), None)
    layers = written(call.func) if call is not None else "layers"
    return Answer(
        f"{layers} is a {kind}, which holds layers and runs none",
        f"write for layer in {layers}: x = layer(x), or make it nn.Sequential",
        scene.place,
    )


def own_class(scene: Scene, kind: str) -> Class | None:
    own = [
        c
        for c in (scene.source.classes if scene.source else ())
        if c.qualname.rpartition(".")[2] == kind
    ]
    return own[0] if own else None


def _method(scene: Scene, own: Class, name: str) -> Place | None:
    for function in scene.source.functions if scene.source else ():
        if function.in_class == own.qualname and function.name == name:
            return function.place
    return None


def _misspelled(scene: Scene, kind: str, wanted: str) -> str | None:
    """A method whose name is nearly the wanted one, where that is missing."""
    own = own_class(scene, kind)
    if own is None or wanted in own.methods:
        return None
    names = [m for m in own.methods if m.startswith("_")]
    return next(iter(difflib.get_close_matches(wanted, names, 1, 0.6)), None)


def _init_misspelled(scene: Scene, kind: str) -> Answer | None:
    wrong = _misspelled(scene, kind, "__init__")
    own = own_class(scene, kind)
    if wrong is None or own is None:
        return None
    place = _method(scene, own, wrong)
    return Answer(
        f"{kind} has no __init__, but {wrong}, so its layers are never made",
        "write def __init__(self, ...)",
        place or scene.place,
    )


def no_attribute(scene: Scene, match: re.Match[str]) -> Answer | None:
    """self.fc1 where the class assigns self.fc, or never gets to assign anything."""
    kind, name = match.groups()
    own = own_class(scene, kind)
    if own is None or scene.source is None:
        return None
    if (misspelled := _init_misspelled(scene, kind)) is not None:
        return misspelled
    prefix = f"{own.qualname}."
    mine = [a for a in scene.source.assignments if a.function.startswith(prefix)]
    set_ = {t.removeprefix("self.") for a in mine for t in a.targets if t.startswith("self.")}
    close = difflib.get_close_matches(name, [*set_, *own.methods], 1, 0.6)
    if close and close[0] != name:
        return Answer(f"{kind} has no {name}, but {close[0]}", f"write {close[0]}", scene.place)
    if name in set_:
        return Answer(
            f"{kind}.{name} is used before it is assigned",
            f"assign self.{name} in __init__, behind super().__init__()",
            scene.place,
        )
    return Answer(
        f"{kind} has no {name}", f"write self.{name} = ... in {kind}.__init__", scene.place
    )


def layer_instead_of_result(scene: Scene, match: re.Match[str]) -> Answer | None:
    """nn.ReLU(x) makes a layer; x.sum() of it is asked in vain."""
    kind, name = match.groups()
    if scene.source is None or own_class(scene, kind) is not None:
        return None
    of = scene.receiver(name)
    made = [
        (a.value.text, a.place)
        for a in scene.source.assignments
        if of in a.targets and a.value is not None and f"{kind}(" in a.value.text
    ]
    if not made or made[-1][0].endswith(f"{kind}()"):
        return None
    text, place = made[-1]
    inner = text.partition("(")[2].removesuffix(")")
    return Answer(
        f"{of} is a {kind} layer, not a result: nn.{kind}({inner[:40]}) only makes one",
        f"write nn.{kind}()({inner[:40]})",
        place,
    )


def not_a_layer(scene: Scene, match: re.Match[str]) -> Answer | None:
    what = match.group(1)
    return Answer(
        f"nn.Sequential got {what}, which is no layer",
        "use the layer of that name (nn.ReLU(), nn.Flatten()), with parentheses",
        scene.place,
    )


KINDS: tuple[Kind, ...] = (
    (
        r"cannot assign (?:module|parameters?|buffer)s? before Module\.__init__|"
        r"object has no attribute '_(?:modules|parameters|backward_hooks)'",
        no_super,
    ),
    (r"obj must be an instance or subtype of type", wrong_super),
    (
        r"([\w.<>]+)\(\) missing \d+ required (?:positional|keyword-only) arguments?: (.*)",
        missing_argument,
    ),
    (r"([\w.<>]+)\(\) takes (.*?) but (\d+) (?:was|were) given", too_many_arguments),
    (r"([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'", unexpected_keyword),
    (r"Module \[(\w+)\] is missing the required \"forward\" function", no_forward),
    (r"([\w.]+) is not a Module subclass", not_a_layer),
    (r"'(\w+)' object has no attribute '(\w+)'", layer_instead_of_result),
    (r"'(\w+)' object has no attribute '(\w+)'", no_attribute),
)
