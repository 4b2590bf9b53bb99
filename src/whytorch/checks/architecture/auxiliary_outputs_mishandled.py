"""Several outputs taken for one, or for each other.

What it looks for
    A crash because the tuple (or InceptionOutputs, or ModelOutput) that a network or a recurrent
    layer returned was used as a tensor, or a single tensor was unpacked as if it were several; and
    a network of several outputs in which only an auxiliary one is learned from, while the
    evaluation reads the other one, whose head never got a gradient, or in which the evaluation
    unpacks the same names in another order.

Why it hurts
    Which of the outputs goes where is told by their position alone. Taken for each other, the head
    that makes the predictions stays as random as it began.

How to fix it
    Unpack what is returned, in its order: LSTM and GRU give (output, state), Inception and
    GoogLeNet give (logits, auxiliary logits) in training and one tensor in evaluation.

When it is fine
    Auxiliary outputs that are left aside on purpose, features returned beside the scores.

References
    torch.nn.LSTM, "Outputs"; torchvision.models.inception_v3, aux_logits.
"""

from __future__ import annotations

import ast
import re

from whytorch.checks._helpers import layer_name, places
from whytorch.checks._learning import Learning, learning
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import assigned, text, told
from whytorch.checks._weights import numbers
from whytorch.checks.architecture._tuples import used_as_tensors
from whytorch.evidence.facts import (
    CrashFacts,
    LayerFacts,
    LossCalls,
    Network,
    Passes,
    Run,
    Training,
)
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceStatement

_RETURN_TUPLES = ("LSTM", "GRU", "RNN", "MultiheadAttention")
_WRONG_KIND = (
    re.compile(r"must be Tensor, not ([\w.]+)"),
    re.compile(r"^'(\w+)' object has no attribute '\w+'"),
    re.compile(r"invalid combination of arguments - got \((\w+),"),
    re.compile(r"^(tuple|list) indices must be integers or slices, not"),
    re.compile(r"unsupported operand type\(s\) for .*: '(\w+)' and"),
)
_UNPACKED = re.compile(r"^(too many|not enough) values to unpack \(expected (\d+)")
GAP = 0.3  # of skill, between what is trained and what is evaluated


def decide(
    run: Run,
    network: Network | None,
    training: Training | None,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if run.crash is not None:
        return _of_crash(run.crash, network, passes, source)
    if network is None or network.bending is None:
        return NotJudged("needs a training step through a network")
    if len(network.outputs) < 2 or training is None:
        return []
    swapped = _other_way_round(network, passes, source)
    if swapped is not None:
        return [swapped]
    outcome = learning(run, losses, training, passes)
    heads = [x for x in network.layers if _is_untrained_head(x, network)]
    return [_of_heads(heads, network, outcome)] if heads and _evaluated_apart(outcome) else []


# --- a crash -----------------------------------------------------------------------------------


def _of_crash(
    crash: CrashFacts, network: Network | None, passes: Passes | None, source: Source | None
) -> list[Finding]:
    message = crash.message.strip()
    kind = next((m[1] for p in _WRONG_KIND if (m := p.search(message))), None)
    line = crash.frames[-1] if crash.frames else None
    if kind is not None and kind != "NoneType":  # a forward without return gives nothing to unpack
        kind = kind.rpartition(".")[2]
        inside = _recurrent(crash, network) if kind == "tuple" else None
        if inside is not None:
            return [_of_recurrent(inside, message, line)]
        if network is not None and network.output_kind == kind and crash.during != "data":
            return [_of_network(network, kind, message, line, passes)]
        return []
    unpacked = _UNPACKED.search(message)
    if unpacked and network is not None and network.output_kind == "Tensor" and line is not None:
        calls = {network.call_place, *(p.place for p in (passes.passes if passes else ()))}
        if any(c and (c.path, c.line) == (line.path, line.line) for c in calls):
            return [_of_tensor(network, int(unpacked[2]), line, network.call_place)]
    return []


def _recurrent(crash: CrashFacts, network: Network | None) -> LayerFacts | None:
    """The layer that returned a tuple last, in the forward that stopped."""
    if "forward" not in crash.functions or network is None:
        return None
    called = [x for x in network.layers if x.calls and x.order >= 0]
    found = [x for x in called if x.kind in _RETURN_TUPLES]
    return max(found, key=lambda x: x.order, default=None)


def _of_recurrent(layer: LayerFacts, message: str, line: Place | None) -> Finding:
    name = layer_name(layer.name, layer.kind)
    second = "attention weights" if layer.kind == "MultiheadAttention" else "state"
    return Finding(
        says=f"{name} returns two things, (output, {second}), and the tuple of both is used as a "
        f"tensor: {message.splitlines()[0][:100]}",
        places=places(layer.call_place, line, layer.place),
        confidence=0.93,
        measured={"layer": layer.kind},
        explains=("crash",),
        fix=Fix(f"write x, _ = self.{layer.name.rpartition('.')[2]}(...)"),
    )


def _of_network(
    network: Network, kind: str, message: str, line: Place | None, passes: Passes | None
) -> Finding:
    fix = "unpack it where the network is called: outputs, aux = model(x)"
    if kind.endswith("Output"):
        fix = "take its scores: model(x).logits"
    elif kind.endswith("Outputs"):
        fix = "in training write outputs, aux = model(x), or take model(x).logits"
    elif "ict" in kind:
        fix = 'take its entry, such as model(x)["out"]'
    return Finding(
        says=f"{network.kind} returns {_a(kind)}, not a tensor, and it is used as one: "
        f"{message.splitlines()[0][:100]}",
        places=places(network.call_place, line),
        confidence=0.93,
        measured={"returned": kind},
        explains=("crash",),
        fix=Fix(fix),
    )


def _a(kind: str) -> str:
    return f"an {kind}" if kind[:1] in "AEIOUaeiou" else f"a {kind}"


def _of_tensor(network: Network, expected: int, line: Place, call: Place | None) -> Finding:
    shape = list(network.output_shape or ())
    before = f"; in training it returned {len(network.outputs)}" if network.outputs else ""
    return Finding(
        says=f"what {network.kind} returns here is one tensor, {shape}, and it is unpacked into "
        f"{expected}{before}",
        places=places(line),
        confidence=0.9,
        measured={"expected": expected, "output_shape": shape},
        explains=("crash",),
        fix=Fix("write outputs = model(x) here: an auxiliary output comes in training mode only"),
    )


# --- heads taken for each other --------------------------------------------------------------


def _other_way_round(
    network: Network, passes: Passes | None, source: Source | None
) -> Finding | None:
    """`out, aux = net(x)` in training, `aux, out = net(x)` where the same network is evaluated."""
    trained = passes.of("train")[-1:] if passes else ()
    for one in passes.of("eval") if passes and trained and source else ():
        first, second = trained[0].place, one.place
        if source is None or first is None or second is None:
            continue
        names, others = source.names_assigned_at(first), source.names_assigned_at(second)
        if len(names) != len(network.outputs) or sorted(names) != sorted(others):
            continue
        if names != others and len(set(names)) == len(names):
            return Finding(
                says=f"{network.kind} gives its outputs to {', '.join(others)} here, and in "
                f"training to {', '.join(names)} (line {first.line}): each is read as another",
                places=places(second, first),
                confidence=0.9,
                measured={"outputs": len(names)},
                explains=("evaluation-far-below-training", "same-class-predicted", "overfitting"),
                fix=Fix(f"write {', '.join(names)} = here as well"),
            )
    return None


def _is_untrained_head(layer: LayerFacts, network: Network) -> bool:
    weights = [p for p in layer.parameters if p.trainable]
    return (
        bool(weights)
        and layer.output_reaches_loss is False
        and layer.name in network.returned
        and all(p.grad == "none" and not p.reaches_loss for p in weights)
        and not any(p.loaded for p in weights)
        and any(p.in_optimizer for p in weights)
    )


def _evaluated_apart(outcome: Learning) -> bool:
    """What is trained has learned, and what is evaluated guesses."""
    trained, evaluated = outcome.train_skill, outcome.eval_skill
    return trained is not None and evaluated is not None and trained - evaluated > GAP > evaluated


def _of_heads(heads: list[LayerFacts], network: Network, outcome: Learning) -> Finding:
    head = max(heads, key=lambda x: x.order)
    name = layer_name(head.name, head.kind)
    used = [n for n, o in enumerate(network.outputs, 1) if o.reaches_loss]
    unused = [n for n, o in enumerate(network.outputs, 1) if not o.reaches_loss]
    return Finding(
        says=f"{network.kind} returns {len(network.outputs)} outputs, and only number "
        f"{', '.join(map(str, used))} is learned from: {name}, behind number "
        f"{', '.join(map(str, unused))}, never got a gradient; training accuracy is "
        f"{outcome.train_accuracy or 0:.0%}, evaluation reads the other one: "
        f"{outcome.eval_accuracy or 0:.0%}",
        places=places(network.call_place, head.call_place),
        confidence=0.9,
        measured={
            "outputs": len(network.outputs),
            "learned_from": used,
            "weights_without_gradient": numbers(p for x in heads for p in x.parameters),
        },
        explains=("evaluation-far-below-training", "same-class-predicted", "overfitting"),
        fix=Fix("take the outputs in the order in which the forward returns them, or add the loss "
                f"of output {unused[0]}"),
    )  # fmt: skip


def suspect(source: Source) -> list[Finding]:
    """The tuple of a recurrent layer, used as a tensor in the same forward."""
    return [
        Finding(
            says=f"{layer} returns (output, state), and {name} holds both: {use} needs a tensor",
            places=places(where, used),
            confidence=0.9,
            explains=("crash",),
            fix=Fix(f"write {name}, _ = {layer}(...)"),
        )
        for layer, name, use, where, used in used_as_tensors(source)
    ]


SAFE = "a tuple may be meant, and taken apart further down"
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    says = told(finding)
    for place in finding.places:
        made = assigned(source, place)
        if made is None or not isinstance(made[1], ast.Call):
            continue
        names, value = re.split(r"\s*,\s*", made[0].strip("() ")), text(source, place, made[1])
        if len(names) == 1 and says.startswith("write x, _ = "):
            return [ReplaceStatement(place, code=f"{names[0]}, _ = {value}")]
        if len(names) == 1 and "outputs, aux = model(x)" in says:
            return [ReplaceStatement(place, code=f"{names[0]}, *_ = {value}")]
        if len(names) == 2 and "comes in training mode only" in says:
            return [ReplaceStatement(place, code=f"{names[0]} = {value}")]
        if len(names) == 2 and re.search(r"in the order in which|= here as well", says):
            return [ReplaceStatement(place, code=f"{names[1]}, {names[0]} = {value}")]
    return []


BAD = """
import torch
import torch.nn as nn
from sklearn.datasets import load_digits


class RowReader(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 48, batch_first=True)
        self.fc = nn.Linear(48, 10)

    def forward(self, x):
        out = self.lstm(x)  # <- here
        return self.fc(out[:, -1, :])


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
model = RowReader()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(4):
    for batch in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        loss = criterion(model(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("test accuracy:", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
"""

GOOD = BAD.replace("out = self.lstm(x)  # <- here", "out, _ = self.lstm(x)")
