"""Networks that are not put together, or not called, as they are written."""

from __future__ import annotations

import ast
import difflib
import re

from whytorch.evidence.source import Class, Function
from whytorch.findings.crashes.answer import Answer, Kind
from whytorch.findings.crashes.scene import Scene, called, short, with_argument, written
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
    close = difflib.get_close_matches(name, function.parameters, 1) if function else []
    write = f"write {close[0]}= instead" if close else f"leave out {name}="
    what = who.removesuffix(".__init__")
    return Answer(f"{what} has no argument {name}", write, scene.place)


def no_forward(scene: Scene, match: re.Match[str]) -> Answer | None:
    kind = match.group(1) if match.lastindex else None
    own = _class(scene, kind or (scene.crash.layers[-1].kind if scene.crash.layers else ""))
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


def _class(scene: Scene, kind: str) -> Class | None:
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
    own = _class(scene, kind)
    if own is None or wanted in own.methods:
        return None
    names = [m for m in own.methods if m.startswith("_")]
    return next(iter(difflib.get_close_matches(wanted, names, 1, 0.6)), None)


def _init_misspelled(scene: Scene, kind: str) -> Answer | None:
    wrong = _misspelled(scene, kind, "__init__")
    own = _class(scene, kind)
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
    own = _class(scene, kind)
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
    if kind == "ndarray":
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
    own = _class(scene, kind)
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
    (r"([\w.]+) is not a Module subclass", not_a_layer),
    (r"'(\w+)' object has no attribute '(\w+)'", no_attribute),
)
