"""A checkpoint is not loaded, or not all of it.

What it looks for
    load_state_dict(strict=False) that matched nothing, or almost nothing; its refusal because of a
    prefix such as "module."; names that are filtered by hand until nothing is left; a file that is
    read and dropped; weights that are drawn anew before their first use, or loaded into a network
    that nobody keeps, while another one is evaluated; and a training that is resumed at the
    checkpoint's epoch while the optimizer's state in the same file is left where it is, or its
    schedule begins at its beginning.

Why it hurts
    With strict=False nothing is said and the network keeps its random weights; Adam without its
    averages and SGD without its momentum begin anew in the middle of the training.

How to fix it
    Leave strict=True and mend the names; initialize first and load then; call
    optimizer.load_state_dict when resuming.

When it is fine
    A new head on a pretrained network, and fine-tuning from weights alone.

References
    torch.nn.Module.load_state_dict: "strictly enforce that the keys match"; PyTorch, "Saving and
    loading a general checkpoint".
"""

from __future__ import annotations

import ast
import re

from whytorch.checks._helpers import places
from whytorch.checks._mending import in_scope, owner
from whytorch.checks._moved import only_step
from whytorch.checks._promises import mends
from whytorch.checks._rewriting import (
    advised,
    assigned,
    calls_here,
    restated,
    statement,
    text,
    told,
)
from whytorch.checks.training_loop._discarded import discarded
from whytorch.checks.training_loop._entry_names import is_renamed, renamed
from whytorch.checks.training_loop._resumed import schedule_anew, steps_come_late
from whytorch.evidence.facts import (
    Checkpoints,
    CrashFacts,
    LoadedState,
    Passes,
    ReadCheckpoint,
    Run,
    Training,
)
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Spot, dotted, method
from whytorch.records import AnyEdit, Finding, Fix, InsertAfter, NotJudged, ReplaceExpression

# Of the network's entries. Who loads a backbone takes over most of a network, who loads one block
# on purpose hands over that block; below a tenth it is by accident that names agree.
ALMOST_NONE = 0.1
FEWEST, NEARLY_ALL = 2, 0.9  # matrices: a new head or a first layer for grey images is no loss
_READS_EPOCH = re.compile(r"""(?:=|\breturn\b).*(?:\[|get\()\s*["'](epoch|step|iter\w*)["']""")


def decide(
    run: Run,
    checkpoints: Checkpoints | None,
    training: Training | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    if run.crash is not None and (refused := _refused(run.crash, checkpoints)):
        return [refused]
    found = [_unmatched(s) for s in (checkpoints.loaded if checkpoints else ()) if _is_lost(s)]
    found += [_redrawn(s) for s in (checkpoints.loaded if checkpoints else ()) if _is_redrawn(s)]
    found += [_own_back(s) for s in (checkpoints.loaded if checkpoints else ()) if _is_own(s)]
    found += discarded(run, checkpoints, passes)
    found += _not_resumed(run, checkpoints, source)
    if _goes_on(source):
        late = steps_come_late(run, checkpoints, training, passes)
        found += schedule_anew(checkpoints, training) or late
    if found or source is None:
        return found
    return _dropped(source)


# --- names that do not match ----------------------------------------------------------------------


def _is_lost(state: LoadedState) -> bool:
    if state.strict or state.raised or not state.given or not state.expected:
        return False
    few = state.matched < ALMOST_NONE * state.expected
    return is_renamed(state) or (few and state.matched < ALMOST_NONE * state.given)


def _unmatched(state: LoadedState) -> Finding:
    unexpected = state.unexpected[0] if state.unexpected else "?"
    missing = state.missing[0] if state.missing else "?"
    return Finding(
        says=f"{state.matched} of the {state.expected} entries of {state.kind} were loaded, and "
        f"strict=False hid it: the file says {unexpected}, the network {missing}",
        places=places(state.place),
        severity="error",
        confidence=0.96,
        measured={"matched": state.matched, "entries": state.expected, "in_file": state.given},
        explains=("loss-at-chance", "underfitting", "evaluation-far-below-training"),
        fix=Fix(renamed(state.missing, state.unexpected)),
    )


def _is_own(state: LoadedState) -> bool:
    return state.file_entries >= FEWEST and state.of_file == 0 and not state.raised


def _own_back(state: LoadedState) -> Finding:
    """Whoever takes over what fits, name by name, is not told that nothing did."""
    unexpected, missing = (next(iter(n), "?") for n in (state.unexpected, state.missing))
    return Finding(
        says=f"{state.kind} is given back its own weights: none of the {state.file_entries} "
        f"entries of the file that was read has a name of the network; the file says {unexpected}, "
        f"the network {missing}",
        places=places(state.place, *state.callers),
        severity="error",
        confidence=0.94,
        measured={"matched": 0, "entries": state.expected, "in_file": state.file_entries},
        explains=("loss-at-chance", "underfitting", "evaluation-far-below-training"),
        fix=Fix(renamed(state.missing, state.unexpected)),
    )


def _is_redrawn(state: LoadedState) -> bool:
    return state.matrices >= FEWEST and state.redrawn >= NEARLY_ALL * state.matrices


def _redrawn(state: LoadedState) -> Finding:
    line = f" in line {state.redrawn_place.line}" if state.redrawn_place else ""
    return Finding(
        says=f"{state.redrawn} of the {state.matrices} matrices of {state.kind} that were loaded "
        f"here were drawn anew{line} before the network was called for the first time",
        places=places(state.redrawn_place, state.place),
        severity="error",
        confidence=0.95,
        measured={"loaded": state.matrices, "drawn_anew": state.redrawn},
        explains=("loss-at-chance", "underfitting", "evaluation-far-below-training"),
        fix=Fix("initialize first and load then, or leave out what was loaded"),
    )


def _refused(crash: CrashFacts, checkpoints: Checkpoints | None) -> Finding | None:
    place = crash.frames[-1] if crash.frames else None
    if "_IncompatibleKeys" in crash.message:
        return Finding(
            says="load_state_dict gives a list of names, not the network: its result was used as "
            "the network",
            places=places(place),
            confidence=0.97,
            explains=("crash",),
            fix=Fix("write model.load_state_dict(...) on a line of its own, without `model =`"),
        )
    if "Error(s) in loading state_dict" not in crash.message:
        return None
    missing = tuple(_keys(crash.message, "Missing"))
    unexpected = tuple(_keys(crash.message, "Unexpected"))
    sizes = re.findall(
        r"size mismatch for ([\w.]+): copying a param with shape (.*?) from", crash.message
    )
    if missing or unexpected:
        says = f"the network lacks {len(unexpected)} of the file's entries ({', '.join(unexpected[:2])}) "  # noqa: E501
        says += f"and the file {len(missing)} of the network's ({', '.join(missing[:2])})"
        fix = renamed(missing, unexpected)
    elif sizes:
        name, shape = sizes[0]
        says = f"{len(sizes)} entries have other shapes, the first is {name}: {shape} in the file"
        fix = f"build the network as the file's was, or leave {name} out of what you load"
    else:
        return None
    return Finding(
        says=says, places=places(place), confidence=0.95, explains=("crash",), fix=Fix(fix)
    )


def _keys(message: str, kind: str) -> list[str]:
    found = re.search(rf"{kind} key\(s\) in state_dict: (.*?)\.\s*(?:\n|$)", message)
    return re.findall(r'"([^"]+)"', found[1]) if found else []


# --- resumed without the optimizer ----------------------------------------------------------------


def _not_resumed(run: Run, checkpoints: Checkpoints | None, source: Source | None) -> list[Finding]:
    if checkpoints is None or source is None:
        return []
    read = [c for c in checkpoints.read if c.optimizer_keys and c.module_loads]
    waiting = [c for c in read if not c.optimizer_loads and run.steps > c.step]
    goes_on = _goes_on(source)
    if not waiting or goes_on is None or source.around.has("*.load_checkpoint", "*.resume"):
        return []
    return [_resumed(waiting[0], run, source)]


def _resumed(read: ReadCheckpoint, run: Run, source: Source) -> Finding:
    key = read.optimizer_keys[0]
    made = source.names_assigned_at(read.place) if read.place is not None else ()
    state = made[0] if len(made) == 1 else "checkpoint"
    step = only_step(source, "")
    name = owner(step) if step is not None and not step.args else "optimizer"
    return Finding(
        says=f"the training goes on at the checkpoint's epoch, for {run.steps - read.step} steps, "
        f'with a new optimizer: its state in the file, "{key}", is not loaded',
        places=places(read.place),
        severity="warning",
        confidence=0.85,
        measured={"steps_after": run.steps - read.step},
        explains=("loss-oscillates",),
        fix=Fix(f'write {name}.load_state_dict({state}["{key}"])'),
    )


def _goes_on(source: Source | None) -> str | None:
    """Whether the script reads the epoch or step of a checkpoint, to go on from there."""
    for file in source.files if source is not None else ():
        for line in file.lines:
            if found := _READS_EPOCH.search(line):
                return found[1]
    return None


# --- the source alone ----------------------------------------------------------------------------


def suspect(source: Source) -> list[Finding]:
    around = source.around
    if not around.has("*.load_state_dict", "torch.load"):
        return []
    found = _dropped(source)
    for spot in around.calls("*.load_state_dict"):
        found += _used_as_network(spot)
    return found


def _dropped(source: Source) -> list[Finding]:
    """`torch.load(path)` as a statement."""
    found = []
    for spot in source.around.calls("torch.load"):
        statement = spot.statement()
        if isinstance(statement, ast.Expr) and statement.value is spot.node and not _tried(spot):
            found.append(
                Finding(
                    says="what torch.load read from the file is dropped",
                    places=(spot.place(),),
                    severity="warning",
                    confidence=0.9,
                    explains=("underfitting", "loss-at-chance"),
                    fix=Fix(f"write model.load_state_dict({spot.text(spot.node)})"),
                )
            )
    return found


def _tried(spot: Spot) -> bool:
    """Only to see whether the file can be read: under try, raises or a with."""
    return any(isinstance(n, (ast.Try, ast.With)) for n in spot.up())


def _used_as_network(spot: Spot) -> list[Finding]:
    """`model = model.load_state_dict(...)`, and model is called or trained afterwards."""
    statement = spot.statement()
    if not isinstance(statement, ast.Assign) or statement.value is not spot.node:
        return []
    name, owner = dotted(statement.targets[0]), method(spot.node)[0]
    if not name or name != owner:
        return []
    used = [
        n
        for n in ast.walk(spot.function())
        if isinstance(n, ast.Call)
        and n.lineno > statement.lineno
        and (dotted(n.func) == name or method(n) in [(name, m) for m in ("eval", "train", "to")])
    ]
    if not used:
        return []
    return [
        Finding(
            says=f"{name} becomes what load_state_dict returns, a list of names, and is used as "
            "the network afterwards",
            places=(spot.place(),),
            severity="warning",
            confidence=0.9,
            explains=("crash",),
            fix=Fix(f"write {spot.text(spot.node)} without `{name} =`"),
        )
    ]


SAFE = "a file may be read for something else than the weights"
promise = mends


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    place = next(iter(finding.places), None)
    code = advised(finding)
    if told(finding).startswith("load "):
        return _other_entries(finding, source)
    if place is None or code is None or not re.search(r"load_state_dict\((?!\.\.\.)", code):
        return []
    node = statement(source, place)
    if isinstance(node, ast.Expr) and text(source, place, node.value) in code:
        return restated(finding, source)
    read = assigned(source, place)  # checkpoint = torch.load(path)
    target, _, given = code.partition(".load_state_dict(")
    if read is not None and given.startswith(f"{read[0]}[") and in_scope(source, place, target):
        return [InsertAfter(place, code=code)]
    return []


_RENAMES = re.compile(r"load (\{.* for k, v in )state(\.items\(\)\})")
_ENTRY = re.compile(r'load checkpoint(\["\w+"\]): the weights')


def _other_entries(finding: Finding, source: Source) -> list[AnyEdit]:
    """`load_state_dict(state, strict=False)` -> the entries by the names that the network has."""
    for call in calls_here(finding, source, "load_state_dict"):
        given = call.args[0].text if call.args else None
        if given is None:
            return []
        if other := _RENAMES.match(told(finding)):
            new = f"{other[1]}{given}{other[2]}"
        elif entry := _ENTRY.match(told(finding)):
            new = given + entry[1]
        else:
            return []
        return [ReplaceExpression(call.place, old=call.written, new=f"{call.raw}({new})")]
    return []


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
optim, loss_fn = torch.optim.Adam, nn.CrossEntropyLoss()


def train(model, epochs):
    optimizer = optim(model.parameters(), lr=3e-3)
    for epoch in range(epochs):
        for rows in torch.randperm(1200).split(60):
            optimizer.zero_grad()
            loss_fn(model(x[rows]), y[rows]).backward()
            optimizer.step()


def network():
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


trained = network()
train(trained, epochs=8)
torch.save(trained.state_dict(), "digits.pt")

model = network()
torch.load("digits.pt")  # <- here
model.eval()
with torch.no_grad():
    print("test accuracy", (model(x[1200:]).argmax(1) == y[1200:]).float().mean().item())
"""

GOOD = BAD.replace(
    'torch.load("digits.pt")  # <- here', 'model.load_state_dict(torch.load("digits.pt"))'
)
