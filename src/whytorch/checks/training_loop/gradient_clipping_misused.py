"""Gradient clipping at the wrong moment or limit.

What it looks for
    Clipping after the step or before the backward, when there is nothing to clip; clipping while
    the factor of a GradScaler is still in the gradients; a limit hundreds of times below what the
    gradients measure, with weights that hardly move; a clip that is given no parameters, or whose
    result is dropped.

Why it hurts
    Clipped at the wrong moment, the next large gradient goes through all the same; clipped with the
    scaler's factor in it, or to far too little, all gradients are cut to almost nothing.

How to fix it
    Clip between backward and step; with a GradScaler, call scaler.unscale_(optimizer) before. Take
    a limit near the norm that healthy steps have.

When it is fine
    A limit that cuts most steps while the network learns, and nearly any limit with Adam and its
    kin, whose step does not depend on the size of the gradient while that is far above their eps.

References
    PyTorch, "Automatic mixed precision examples", section on gradient clipping; Pascanu et al.,
    "On the difficulty of training recurrent neural networks" (2013).
"""

from __future__ import annotations

import ast
import re
from statistics import median

from whytorch.checks._helpers import learns_well, places
from whytorch.checks._lab import gained, proven
from whytorch.checks._learning import Learning, learning
from whytorch.checks._mending import called_at
from whytorch.checks._promises import mends
from whytorch.checks._rewriting import calls_here, told, valued
from whytorch.checks.training_loop._loop import optimizer_name
from whytorch.evidence.facts import Clips, LossCalls, Passes, Run, Training, Upkeep
from whytorch.evidence.facts.experiments import ClippingOff
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Spot, bodies, dotted, method
from whytorch.records import (
    AnyEdit,
    Finding,
    Fix,
    InsertBefore,
    NotJudged,
    Place,
    Remove,
    ReplaceStatement,
)

FEWEST = 3  # calls; one may be a trial
ALWAYS = 0.9  # of the calls: a sound loop has none
# Sound trainings cut to a tenth, recurrent ones now and then to a hundredth; and they move: a step
# of theirs changes the weights by a ten-thousandth and more. Both have to be beyond that.
FAR_BELOW = 100
STANDS_STILL = 1e-4
_CLIPS = ("torch.nn.utils.clip_grad_norm_", "torch.nn.utils.clip_grad_value_",
          "torch.nn.utils.clip_grad.clip_grad_norm_", "clip_grad_norm_", "clip_grad_value_",
          "torch.nn.utils.clip_grad.clip_grad_value_")  # fmt: skip

# What trying the repair on the bench is.
TRIALS = (ClippingOff,)


def decide(
    upkeep: Upkeep,
    training: Training,
    run: Run,
    losses: LossCalls | None,
    passes: Passes | None,
    source: Source | None,
) -> list[Finding] | NotJudged:
    dropped = _dropped(source) if source else []
    if not upkeep.clips:
        return dropped
    state = learning(run, losses, training, passes)
    known = [c for c in upkeep.clips if c.calls >= FEWEST]
    found = [f for c in known if (f := _judge(c, training, state, passes))]
    if not known and not dropped:
        return NotJudged(f"needs {FEWEST} clips; this run has {upkeep.clips[0].calls}")
    return found + dropped


def _judge(
    clips: Clips, training: Training, state: Learning, passes: Passes | None
) -> Finding | None:
    if clips.late >= ALWAYS * clips.calls:
        return _late(clips, training, passes)
    if clips.scaled >= ALWAYS * clips.calls:
        return _scaled(clips, training, passes)
    if clips.looked_at >= FEWEST and clips.empty >= ALWAYS * clips.looked_at:
        return _empty(clips)
    return _tight(clips, training, state)


def _late(clips: Clips, training: Training, passes: Passes | None) -> Finding:
    name = optimizer_name(next((o for o in training.optimizers if o.steps), None))
    return Finding(
        says=f"{clips.late} of {clips.calls} clips came when no backward had followed the last "
        "step: they cut gradients that are used up, and every step took uncut ones",
        places=places(clips.place, training.step_place),
        severity="warning" if learns_well(passes) else "error",
        confidence=0.93,
        measured={"clips": clips.calls, "late": clips.late, "limit": clips.limit},
        explains=("exploding-gradients", "non-finite-loss", "loss-oscillates"),
        fix=Fix(f"move the clip between backward() and {name}.step()"),
    )


def _scaled(clips: Clips, training: Training, passes: Passes | None) -> Finding:
    name = optimizer_name(next((o for o in training.optimizers if o.steps), None))
    factor = clips.scale or 65536.0
    real = f": a limit of {clips.limit / factor:.2g} in truth" if clips.limit else ""
    return Finding(
        says=f"{clips.scaled} of {clips.calls} clips cut gradients that the scaler had multiplied "
        f"by {factor:g}{real}",
        places=places(clips.place, training.step_place),
        severity="warning" if learns_well(passes) else "error",
        confidence=0.95,
        measured={"clips": clips.calls, "scaled": clips.scaled, "factor": factor},
        explains=("weights-unchanged", "loss-not-decreasing", "vanishing-gradients",
                  "loss-at-chance", "underfitting"),
        fix=Fix(f"write scaler.unscale_({name}) before the clip"),
    )  # fmt: skip


def _empty(clips: Clips) -> Finding:
    return Finding(
        says=f"the clip found no gradients in {clips.empty} of {clips.looked_at} calls looked at, "
        "though the optimizer's parameters have some: it is given other parameters, or a generator "
        "that was read before",
        places=places(clips.place),
        severity="warning",
        confidence=0.85,
        measured={"calls": clips.calls, "empty": clips.empty},
        explains=("exploding-gradients", "non-finite-loss"),
        fix=Fix("hand model.parameters() itself to the clip"),
    )


def _tight(clips: Clips, training: Training, state: Learning) -> Finding | None:
    updates = [s.update_ratio for s in training.trace if s.update_ratio is not None]
    kinds = {o.kind for o in training.optimizers if o.steps}
    if not updates or state.works or clips.limit is None:
        return None
    if not kinds <= {"SGD", "ASGD"}:
        return _doubtful(clips, clips.limit, kinds, state)
    if median(updates) > STANDS_STILL:
        return None
    norm, share = clips.norm_before, clips.share_at_limit
    if norm is not None and norm >= FAR_BELOW * max(clips.limit, 1e-12):
        how = f"gradients of norm {norm:.2g} are cut to {clips.limit:g}"
        fix = f"write max_norm={_round(norm)}"
    elif share is not None and share >= ALWAYS:
        how = f"{share:.0%} of the gradient's numbers are cut to {clips.limit:g}"
        fix = "take a limit that only the largest numbers reach, or clip_grad_norm_"
    else:
        return None
    return Finding(
        says=f"{how}, and a step changes the weights by {median(updates):.1g} of their "
        f"size{state.reached()}",
        places=places(clips.place),
        severity="error" if state.failed or state.stuck else "warning",
        confidence=0.85,
        measured={"limit": clips.limit, "norm_before": norm, "share_at_limit": share,
                  "update_ratio": median(updates)},
        explains=("weights-unchanged", "loss-not-decreasing", "vanishing-gradients",
                  "loss-at-chance", "underfitting"),
        fix=Fix(fix),
    )  # fmt: skip


def _doubtful(clips: Clips, limit: float, kinds: set[str], state: Learning) -> Finding | None:
    """Steps that do not depend on the size of the gradient, as long as it is far above eps: the run
    cannot tell whether it still is, the lab can."""
    norm = clips.norm_before
    if not (state.failed or state.stuck) or norm is None or norm < FAR_BELOW * max(limit, 1e-12):
        return None
    return Finding(
        says=f"gradients of norm {norm:.2g} are cut to {limit:g} before {', '.join(sorted(kinds))} "
        f"steps{state.reached()}",
        places=places(clips.place),
        severity="advice",
        confidence=0.5,
        grade="suspected",
        measured={"limit": limit, "norm_before": norm},
        fix=Fix(f"write max_norm={_round(norm)}"),
    )


def _round(value: float) -> str:
    return f"{value:.1g}" if value < 10 else f"{value:.0f}"


# --- the source alone ----------------------------------------------------------------------------


def suspect(source: Source) -> list[Finding]:
    around = source.around
    found = _dropped(source)
    for spot in around.calls(*_CLIPS) if around.has(*_CLIPS) else ():
        found += _in_wrong_order(spot) or _before_unscaling(spot)
    return found


def _dropped(source: Source) -> list[Finding]:
    """`torch.clamp(p.grad, -1, 1)` as a statement: a new tensor that nobody keeps."""
    found = []
    for spot in source.around.calls("torch.clamp", "torch.clip", ".clamp", ".clip", "*.clamp"):
        call = spot.call
        if not isinstance(spot.statement(), ast.Expr) or spot.statement().value is not call:  # type: ignore[attr-defined]
            continue
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        given = call.args[0] if call.args and spot.name.startswith("torch.") else owner
        name = dotted(given)
        if any(k.arg == "out" for k in call.keywords):
            continue
        if name.endswith((".grad", ".grad.data")):
            found.append(
                Finding(
                    says=f"the clamped copy of {name} is dropped: the gradients stay as they are",
                    places=(spot.place(),),
                    severity="warning",
                    confidence=0.9,
                    explains=("exploding-gradients", "non-finite-loss"),
                    fix=Fix(f"write {name}.clamp_(...), which works in place"),
                )
            )
    return found


def _in_wrong_order(spot: Spot) -> list[Finding]:
    """backward, step, clip in one list of statements, and no other clip before the step."""
    statement = spot.statement()
    parent = spot.tree.parents.get(statement)
    body = next((b for b in bodies(parent) if statement in b), []) if parent else []
    here = body.index(statement) if statement in body else 0
    order = [_kind(s) for s in body]
    if not spot.loops() or "step" not in order[:here] or order[here:].count("step"):
        return []
    step = max(n for n, kind in enumerate(order[:here]) if kind == "step")
    before = [n for n, kind in enumerate(order[:step]) if kind == "backward"]
    if not before or "backward" in order[step:] or "clip" in order[before[-1] : step]:
        return []
    return [
        Finding(
            says="the clip comes after the step, when the gradients have been used",
            places=(spot.place(), spot.at(body[step]).place()),
            severity="warning",
            confidence=0.88,
            explains=("exploding-gradients", "non-finite-loss", "loss-oscillates"),
            fix=Fix(f"move it before {spot.text(body[step])}"),
        )
    ]


def _kind(statement: ast.stmt) -> str:
    if not isinstance(statement, ast.Expr):
        return ""
    owner, called = method(statement.value)
    if called in ("clip_grad_norm_", "clip_grad_value_") or "clip_grad" in ast.dump(statement):
        return "clip"
    if called == "step" and "sched" in owner:
        return ""
    return called if called in ("step", "backward") else ""


def _before_unscaling(spot: Spot) -> list[Finding]:
    """scaler.scale(loss).backward(), clip, scaler.step(optimizer), and no unscale_ anywhere."""
    function = spot.function()
    calls = [n for n in ast.walk(function) if isinstance(n, ast.Call)]
    names = [(method(n), n) for n in calls]
    if any(called == "unscale_" for (_, called), _ in names):
        return []
    scalers = {
        method(n.func.value)[0]
        for n in calls
        if isinstance(n.func, ast.Attribute)
        and n.func.attr == "backward"
        and method(n.func.value)[1] == "scale"
    }
    steps = [n for (owner, called), n in names if called == "step" and owner in scalers and n.args]
    earlier = [n for n in steps if n.lineno > spot.call.lineno]
    if not earlier:
        return []
    scaler, optimizer = method(earlier[0])[0], spot.text(earlier[0].args[0])
    return [
        Finding(
            says=f"the clip cuts gradients that {scaler} has multiplied, by 65536 at first",
            places=(spot.place(),),
            severity="warning",
            confidence=0.9,
            explains=("weights-unchanged", "loss-not-decreasing", "underfitting"),
            fix=Fix(f"write {scaler}.unscale_({optimizer}) before it"),
        )
    ]


def prove(
    without: ClippingOff,
    upkeep: Upkeep,
    run: Run,
    losses: LossCalls | None,
    training: Training | None,
    passes: Passes | None,
) -> list[Finding]:
    """Without the clipping the same steps learn."""
    clip = max(upkeep.clips, key=lambda c: c.calls, default=None)
    if clip is None:
        return []
    return proven(
        gained(without),
        learning(run, losses, training, passes),
        f"gradients are clipped to {clip.limit:g}" if clip.limit else "gradients are clipped",
        places(clip.place),
        "clip at a norm that only outliers reach, such as 1.0 or 5.0",
        confidence=0.8,
    )


SAFE = "gradients are cut that were not, or less than they were"
promise = mends


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    clips = ("clip_grad_norm_", "clip_grad_value_", "clip_grad_norm")
    clip, says = next(calls_here(finding, source, *clips), None), told(finding)
    if clip is None and "works in place" in says and finding.places:
        return _clamped_in_place(finding.places[0], source)
    if clip is None:
        return []
    if found := re.search(r"write ([\w.]+\.unscale_\([\w.]+\))", says):
        return [InsertBefore(clip.place, code=found[1])]
    if limit := re.search(r"write max_norm=([\d.e+-]+)", says):
        return valued(clip, source, "max_norm", limit[1], finding.measured.get("limit"))
    step = called_at(finding, source, "step")
    if "between backward()" not in says or step is None:
        return []
    before = source.line(step.place.path, step.place.line)
    code = (source.line(clip.place.path, clip.place.line) or "").partition("#")[0].strip()
    if not before or not code:
        return []
    return [Remove(clip.place), InsertBefore(step.place, code=code)]


def _clamped_in_place(place: Place, source: Source) -> list[AnyEdit]:
    """`torch.clamp(p.grad, -1, 1)` as a statement becomes `p.grad.clamp_(-1, 1)`."""
    for call in source.calls_within(Place(place.path, place.line)):
        if call.name == "torch.clamp" and call.args and call.args[0].text.endswith(".grad"):
            named = [f"{name}={value.text}" for name, value in call.keywords.items()]
            limits = ", ".join([*(a.text for a in call.args[1:]), *named])
            return [ReplaceStatement(place, code=f"{call.args[0].text}.clamp_({limits})")]
    return []


BAD = """
import torch
from sklearn.datasets import load_digits
from torch import nn, optim

torch.manual_seed(0)
data = load_digits()
x = torch.tensor(data.images, dtype=torch.float32)[:, None] / 16
y = torch.tensor(data.target)
model = nn.Sequential(
    nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Flatten(), nn.Linear(432, 64), nn.ReLU(), nn.Linear(64, 10)
)
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(5):
    for idx in torch.randperm(1400).split(50):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
        loss.backward()
        optimizer.step()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # <- here
    print(f"epoch {epoch} loss {loss.item():.3f}")

with torch.no_grad():
    print("held out", (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item())
"""

GOOD = BAD.replace(
    "optimizer.step()\n        nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # <- here",
    "nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n        optimizer.step()",
)
