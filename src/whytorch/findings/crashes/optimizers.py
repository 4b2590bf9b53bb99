"""Optimizers that are given something else than parameters."""

from __future__ import annotations

import re

from whytorch.findings.crashes.answer import Answer, Kind
from whytorch.findings.crashes.scene import Scene, called, short, with_argument, written


def empty(scene: Scene, match: re.Match[str]) -> Answer | None:
    given = next(
        (short(c.args[0]) for c in scene.calls() if c.args and called(c)[:1].isupper()), None
    )
    text = given or "the list given"
    if given and ("requires_grad" in given or "filter" in given):
        return Answer(
            "the optimizer got no parameters: none of them has requires_grad=True",
            "set requires_grad = True for the layers that should learn, before this line",
            scene.place,
        )
    return Answer(
        f"the optimizer got no parameters: {text} is empty",
        "keep the layers as self.fc = nn.Linear(...) or in nn.ModuleList([...]); a plain "
        "list hides them; a generator can be read only once",
        scene.place,
    )


def not_iterable(scene: Scene, match: re.Match[str]) -> Answer | None:
    if "optim" not in scene.crash.traceback:
        return None
    kind = match.group(1)
    call = next((c for c in scene.calls() if c.args and called(c)[:1].isupper()), None)
    if call is None:
        return None
    given = written(call.args[0])
    if kind in ("method", "function", "builtin_function_or_method"):
        return Answer(
            f"{given} is the method, not what it returns",
            f"write {with_argument(call, f'{given}()')}",
            scene.place,
        )
    return Answer(
        f"{called(call)} got the {kind} {given} itself",
        f"write {with_argument(call, f'{given}.parameters()')}",
        scene.place,
    )


def one_tensor(scene: Scene, match: re.Match[str]) -> Answer | None:
    call = next((c for c in scene.calls() if c.args and called(c)[:1].isupper()), None)
    if call is None:
        return None
    given = written(call.args[0])
    if "Tensor" not in match.group(1):
        return Answer(
            f"{called(call)} got {given}, a {match.group(1)}",
            f"write {with_argument(call, f'{given}.parameters()')}",
            scene.place,
        )
    return Answer(
        f"{called(call)} needs a list, and got the tensor {given}",
        f"write {with_argument(call, f'[{given}]')}",
        scene.place,
    )


def not_tensors(scene: Scene, match: re.Match[str]) -> Answer | None:
    call = next((c for c in scene.calls() if c.args and called(c)[:1].isupper()), None)
    given = written(call.args[0]) if call is not None else "the list"
    kind = match.group(1)
    if kind in ("str", "tuple"):
        write = "write .parameters() instead of .named_parameters() or .state_dict()"
    else:
        write = "write list(one.parameters()) + list(other.parameters())"
    return Answer(f"{given[:60]} holds {kind} objects, not parameters", write, scene.place)


def non_leaf(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "the optimizer got a computed tensor, not a leaf: a cast, move or factor made a new one",
        "write x = (...).detach().requires_grad_() for each, last of all",
        scene.place,
    )


def other_groups(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "the saved optimizer had other parameter groups than this one",
        "make the optimizer exactly as it was when it was saved, or leave out "
        "load_state_dict for it",
        scene.place,
    )


KINDS: tuple[Kind, ...] = (
    (r"optimizer got an empty parameter list", empty),
    (r"'([\w.]+)' object is not iterable", not_iterable),
    (r"params argument given to the optimizer should be an iterable.*? got ([\w.]+)", one_tensor),
    (
        r"optimizer can only optimize Tensors, but one of the params is (?:[\w.]*\.)?(\w+)",
        not_tensors,
    ),
    (r"can't optimize a non-leaf", non_leaf),
    (r"loaded state dict (?:has a different number of|contains a parameter group)", other_groups),
)
