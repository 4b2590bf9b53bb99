"""Backward passes that cannot be: twice through one graph, from no graph, from many numbers."""

from __future__ import annotations

import re

from whytorch.checks._helpers import plain
from whytorch.findings.crashes.answer import Answer, Kind
from whytorch.findings.crashes.scene import Scene, called, grouped, written
from whytorch.records import Place


def twice(scene: Scene, match: re.Match[str]) -> Answer | None:
    """The graph of an earlier step is part of this one: a tensor was computed before the loop."""
    loss = scene.receiver("backward") or "loss"
    made = _made_before_the_loop(scene, loss)
    if made is not None and made[0] == loss:
        return Answer(
            f"{loss} is computed once, before the loop, and each step needs its own graph",
            f"compute {loss} inside the loop (retain_graph=True would train on old values)",
            scene.place,
        )
    state = _carried(scene)
    if state is not None:
        return Answer(
            f"{state} carries the graph of the step before into this one",
            f"write {state} = {state}.detach() at the start of each step",
            scene.place,
        )
    if made is not None:
        return Answer(
            f"{made[0]} is computed once, before the loop, and its graph is gone after the first "
            "backward",
            f"compute {made[0]} inside the loop, or write {made[0]} = {made[0]}.detach() if it "
            "shall not learn (retain_graph=True would train on old values)",
            scene.place,
        )
    return Answer(
        f"{loss}.backward() goes through a graph that an earlier backward has freed",
        "write .detach() on what is kept from one step to the next; retain_graph=True only where "
        "one forward has two losses (better: add them, one backward)",
        scene.place,
    )


def _made_before_the_loop(scene: Scene, loss: str) -> tuple[str, Place] | None:
    """A name that the loss is computed from inside the loop, but that is assigned before it."""
    source, place = scene.source, scene.place
    if source is None or place is None:
        return None
    loops = [
        x
        for x in source.loops
        if x.place.path == place.path
        and x.place.line <= place.line <= (x.place.end_line or x.place.line)
    ]
    if not loops:
        return None
    outer = loops[0].place
    last = outer.end_line or outer.line
    function = source.enclosing_function(place)
    inside = function.qualname if function else "<module>"
    own = [a for a in source.assignments if a.place.path == place.path and a.function == inside]
    within = {t for a in own if outer.line <= a.place.line <= last for t in a.targets}
    before = {t: a for a in own if a.place.line < outer.line for t in a.targets}
    if loss in before and loss not in within:
        return loss, before[loss].place
    networks = ("nn.", "torch.nn", "optim", "Module", "Parameter", "load")
    for a in own:
        if outer.line <= a.place.line <= last and a.value is not None:
            for name in re.findall(r"(?<![\w.])[A-Za-z_]\w*(?!\w*\()", a.value.text):
                made = before.get(name)
                text = made.value.text if made is not None and made.value is not None else ""
                computed = re.search(r"\w\(", text) and not any(n in text for n in networks)
                if (
                    made is not None
                    and name not in within
                    and computed
                    and _of_network(scene, text)
                ):
                    return name, made.place
    return None


def _of_network(scene: Scene, text: str) -> bool:
    """Whether an expression calls something that has weights (a name assigned a network)."""
    source = scene.source
    names = set(re.findall(r"(?<![\w.])([A-Za-z_]\w*)\(", text))
    for a in source.assignments if source else ():
        value = a.value.text if a.value is not None else ""
        if names & set(a.targets) and re.search(r"\bnn\.|Module|Net|[Mm]odel|[Ee]ncoder", value):
            return True
    return False


def _carried(scene: Scene) -> str | None:
    """A name that a statement of the loop both reads and assigns: h of `out, h = rnn(x, h)`."""
    source, place = scene.source, scene.place
    if source is None or place is None:
        return None
    for a in source.assignments:
        if (
            a.place.path != place.path
            or a.value is None
            or a.augmented
            or a.place.line > place.line
        ):
            continue
        depth = [
            x
            for x in source.loops
            if x.place.path == place.path
            and x.place.line <= a.place.line <= (x.place.end_line or 0)
            and x.place.line <= place.line <= (x.place.end_line or 0)
        ]
        for target in a.targets if depth and len(a.targets) > 1 else ():
            arguments = a.value.text.partition("(")[2]
            if re.search(rf"(?<![\w.]){re.escape(target)}\b", arguments):
                return target
    return None


def many_numbers(scene: Scene, match: re.Match[str]) -> Answer | None:
    loss = scene.receiver("backward") or next(iter(scene.arguments("backward", "grad")), "loss")
    site = next((s for s in scene.losses.sites if s.options.get("reduction") == "none"), None)
    tensor = scene.tensor(loss)
    shape = f"has shape {plain(tensor.shape)}" if tensor else "is a tensor of many numbers"
    why = f' ({site.function} has reduction="none")' if site is not None else ""
    return Answer(
        f"{loss} {shape}{why}, and backward starts from one number",
        f"write {grouped(loss)}.mean().backward()",
        scene.place,
    )


def no_graph(scene: Scene, match: re.Match[str]) -> Answer | None:
    loss = scene.receiver("backward") or "loss"
    if scene.network is not None and scene.network.parameters():
        trainable = any(p.trainable for p in scene.network.parameters())
        if not trainable:
            return Answer(
                f"{loss} has no graph: no parameter of {scene.network.kind} has requires_grad=True",
                "set requires_grad = True for the layers that should learn",
                scene.place,
            )
        return Answer(
            f"{loss} has no graph back to the network",
            "compute it from the outputs themselves, without no_grad, detach(), .data, "
            "argmax or torch.tensor(...)",
            scene.place,
        )
    return Answer(
        f"{loss} depends on no tensor that has requires_grad=True",
        "write requires_grad=True where the weights are made",
        scene.place,
    )


def not_a_tensor(scene: Scene, match: re.Match[str]) -> Answer | None:
    kind = match.group(1)
    loss = scene.receiver("backward") or "loss"
    if kind.endswith("Loss"):
        return Answer(
            f"{loss} is the {kind} itself, not a loss of any outputs",
            f"write {loss} = criterion(outputs, labels)",
            scene.place,
        )
    return Answer(
        f"{loss} is a {kind}, not a Tensor: it has no graph",
        f"keep the tensor: leave out .item() and float() where {loss} is computed",
        scene.place,
    )


def class_not_called(scene: Scene, match: re.Match[str]) -> Answer | None:
    """nn.CrossEntropyLoss(outputs, labels): the loss is given to its constructor."""
    for call in scene.calls():
        name = called(call)
        if name.endswith("Loss") and call.args:
            given = ", ".join(written(a) for a in call.args)
            made = written(call.func)
            made = made if made.startswith(("nn.", "torch.")) else f"nn.{name}"
            return Answer(
                f"{name} is made, not called: it got the tensors as settings",
                f"write {made}()({given})",
                scene.place,
            )
    return None


def loss_without_backward(scene: Scene, match: re.Match[str]) -> Answer | None:
    return not_a_tensor(scene, match)


def unused(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "a tensor was asked for its gradient that the loss does not depend on",
        "write allow_unused=True, or compute the loss from it",
        scene.place,
    )


def changed_in_place(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "an operation wrote over a tensor that backward still needs",
        "write x = x + y for x += y, and leave out inplace=True",
        scene.place,
    )


def flags_of_results(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "requires_grad can only be set on weights, not on results",
        "write .detach() instead of requires_grad = False",
        scene.place,
    )


KINDS: tuple[Kind, ...] = (
    (r"backward through the graph a second time", twice),
    (r"grad can be implicitly created only for scalar", many_numbers),
    (r"does not require grad and does not have a grad_fn", no_graph),
    (r"'(\w+)' object has no attribute 'backward'", not_a_tensor),
    (r"Boolean value of Tensor with|bool value of Tensor with", class_not_called),
    (r"appears to not have been used in the graph", unused),
    (r"modified by an in-?place operation", changed_in_place),
    (r"change requires_grad flags of leaf", flags_of_results),
)
