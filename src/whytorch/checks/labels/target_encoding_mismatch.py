"""Labels in another encoding than the loss needs.

What it looks for
    Labels that cross_entropy or nll_loss refused, although they name the classes: one-hot rows of
    integers, a shape of [N, 1], floats or small integers instead of int64. And binary cross-entropy
    on class numbers (refused, or silently taken for amounts beyond 1), on -1 and 1, on 0 and
    1 / 255 (masks that were scaled as images are), or on labels of another shape or type than the
    outputs. And masks of 0 and 255 that a loss multiplies with probabilities (Dice, Jaccard) or
    compares with what a sigmoid gave, or masks that are of one class all over, because fractions
    were cut to whole numbers. And labels that a cross-entropy was given first, where it takes the
    outputs. And pairs told apart by 0 and 1 in a loss that reads 1 and -1. And a judge
    of real and made images (GAN) that every loss asks for the same. And rows with several ones in a
    cross-entropy, which a sigmoid reads one by one afterwards.

Why it hurts
    Every loss reads labels in its own way: class numbers, one-hot rows, or a number from 0 to 1 for
    each output. In another encoding the script stops, or the loss has no sensible minimum.

How to fix it
    cross_entropy: class numbers, int64, of shape [N]. Binary cross-entropy: floats from 0 to 1 of
    the outputs' shape. Where classes exclude each other, use cross_entropy.

When it is fine
    Float rows that sum to 1 for cross_entropy (soft labels, mixup), label smoothing, multi-label
    targets of 0 and 1 for binary cross-entropy.

References
    torch.nn.CrossEntropyLoss and torch.nn.BCEWithLogitsLoss, "Shape".
"""

from __future__ import annotations

import ast
import re

from msgspec import Struct

from whytorch.checks._helpers import loss_call, places, plain, target_text
from whytorch.checks._promises import pays
from whytorch.checks._rewriting import advised, at, called_anew, statement, text, told
from whytorch.checks.labels._masks import (
    of_one_answer,
    of_one_class,
    of_one_verdict,
    of_pixels,
    out_of_reach,
)
from whytorch.checks.labels._several import of_several
from whytorch.checks.labels._signed import of_signs
from whytorch.checks.labels._turned import of_pairs
from whytorch.evidence.facts import (
    CrashFacts,
    LossCalls,
    LossSite,
    Network,
    Passes,
    Run,
    Training,
)
from whytorch.evidence.source import Source
from whytorch.records import AnyEdit, Finding, Fix, NotJudged, Place, ReplaceExpression, Unwrap

_INDEXED = ("cross_entropy", "nll_loss")
# Of these the first is what is judged and the second what is wanted, and they are not alike.
_ONE_WAY = ("cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits")
ENOUGH_CALLS = 3
_HINDERED = ("loss-not-decreasing", "loss-at-chance", "same-class-predicted", "underfitting",
             "loss-oscillates")  # fmt: skip
_AS_INDEX = ("int64", "uint8")  # what cross_entropy takes for class numbers
AS_FLOAT = 1e-2  # relative: 1 / 255 in half precision is off by a thousandth
_ONE_HOT = re.compile(r"[\w.]*one_hot\(([\w.]+)(?:, [\w.=]+)?\)")
_NO_TENSOR = re.compile(r"argument 'target' .*must be Tensor, not (\w+)")


class _Wrong(Struct, frozen=True):
    """What the labels are, what the loss needs, and what to write ("{}" is the labels)."""

    given: str
    needs: str
    write: str
    loss_is_wrong: bool = False  # another loss is due, not other labels


def decide(
    losses: LossCalls | None,
    run: Run,
    source: Source | None,
    passes: Passes | None,
    network: Network | None,
    training: Training | None,
) -> list[Finding] | NotJudged:
    if run.crash is not None and (no_tensor := _NO_TENSOR.search(run.crash.message)):
        return [_of_no_tensor(run.crash, no_tensor.group(1))]
    if losses is None:
        return NotJudged("no loss was computed in the run")
    if swapped := next((s for s in losses.sites if _swapped(s) or _backwards(s)), None):
        return [_of_swapped(swapped, source)]
    found = [
        _finding(site, wrong, run, source)
        for site in losses.sites
        if (site.raised or site.phase == "train") and (wrong := _wrong(site, run))
    ]
    if found:
        return found
    if (turned := of_pairs(training, losses, source)) is not None:
        return [turned]
    alike = of_several(losses, source) or of_pixels(losses) or out_of_reach(losses, source)
    if any(p.codes for p in (passes.of("train") if passes else ())):  # what another network made
        alike = alike or of_one_verdict(losses, source)
    alike = alike or of_one_class(losses) or of_signs(losses)
    alike = alike or of_one_answer(losses, passes, network)
    return [alike] if alike is not None else []


def _wrong(site: LossSite, run: Run) -> _Wrong | None:
    if site.function.startswith("binary_cross_entropy") and _as_pixels(site):
        needs = "a number from 0 to 1 for each output; as it is, no is always nearer than yes"
        return _Wrong("0 and 1 divided by 255, as pixels are", needs, "{} * 255")
    if not site.input_shape or site.target_shape is None or not site.target_integral:
        return None
    if site.function in _INDEXED and site.raised:
        return _for_indices(site, site.input_shape, site.target_shape)
    if site.function.startswith("binary_cross_entropy"):
        stopped = site.raised or _stopped_behind(site, run)
        if stopped and site.target_shape != site.input_shape:
            return _for_binary_shape(site, site.input_shape, site.target_shape)
        return _for_binary_values(site, bool(stopped))
    return None


def _for_indices(site: LossSite, given: tuple[int, ...], target: tuple[int, ...]) -> _Wrong | None:
    if len(given) < 2:
        return None
    wanted = (given[0], *given[2:])
    needs = f"class numbers of shape {plain(wanted)}"
    binary = site.target_min in (0, 1) and site.target_max == 1
    cast = "" if site.target_dtype in _AS_INDEX else ".long()"
    if target == wanted:
        return _Wrong(str(site.target_dtype), needs + " as int64", "{}.long()") if cast else None
    if target == (given[0], 1, *given[2:]):
        return _Wrong(f"of shape {plain(target)}", needs, "{}.squeeze(1)" + cast)
    if target == given and site.target_one_hot:
        return _Wrong(f"one-hot rows of shape {plain(target)}", needs, "{}.argmax(1)")
    if len(target) == len(given) and target[0] == given[0] and target[2:] == given[2:] and binary:
        if target == given:
            several = "rows with several ones or none"
            return _Wrong(several, needs, "nn.BCEWithLogitsLoss() and {}.float()", True)
        return _Wrong(f"rows of 0 and 1 of shape {plain(target)}", needs, "{}.argmax(1)")
    return None


def _for_binary_shape(
    site: LossSite, given: tuple[int, ...], target: tuple[int, ...]
) -> _Wrong | None:
    needs = f"a number from 0 to 1 for each output of shape {plain(given)}"
    shape = f"of shape {plain(target)}"
    cast = "" if "float" in str(site.target_dtype) else ".float()"
    if len(given) == 2 and given[1] > 1 and target in ((given[0],), (given[0], 1)):
        needs = "one-hot rows, and treats the classes as if they did not exclude each other"
        end = ".squeeze(1)" if target[1:] else ""
        end += "" if site.target_dtype == "int64" else ".long()"
        return _Wrong(f"class numbers {shape}", needs, f"nn.CrossEntropyLoss() and {{}}{end}", True)
    if not _is_zero_to_one(site):
        return None
    if given == (*target, 1):
        return _Wrong(shape, needs, "{}" + cast + f".unsqueeze({len(target)})")
    if target == (*given, 1):
        return _Wrong(shape, needs, "{}" + cast + f".squeeze({len(given)})")
    return None


def _for_binary_values(site: LossSite, stopped: bool) -> _Wrong | None:
    low, high = site.target_min, site.target_max
    if low is None or high is None or site.input_shape is None:
        return None
    needs = "a number from 0 to 1 for each output"
    if _is_zero_to_one(site):
        typed = stopped and "float" not in str(site.target_dtype)
        return _Wrong(str(site.target_dtype), needs + " as float", "{}.float()") if typed else None
    values = set(site.target_counts or ())
    if values == {"0", "255"}:
        return _Wrong("0 and 255", needs, "{} / 255")
    if len(site.input_shape) > 2:
        return None  # images as targets: a matter of their scale, not of labels
    if values in ({"-1", "1"}, {"1", "2"}):
        write = "({} + 1) / 2" if low == -1 else "{} - 1"
        return _Wrong(f"{low:.0f} and {high:.0f}", needs, write)
    if low >= 0 and site.input_shape[1:] in ((), (1,)):
        numbers = f"class numbers from {low:.0f} to {high:.0f}"
        write = f"nn.CrossEntropyLoss() and {{}} of shape [N], with {high + 1:.0f} outputs"
        return _Wrong(numbers, needs, write, True)
    return None


def _as_pixels(site: LossSite) -> bool:
    """Labels of 0 and 1 went through what scales images: the highest of all is 1 / 255."""
    low, high = site.target_min, site.target_max
    return low == 0 and high is not None and not site.raised and abs(255 * high - 1) < AS_FLOAT


def _is_zero_to_one(site: LossSite) -> bool:
    low, high = site.target_min, site.target_max
    return low is not None and high is not None and low >= 0 and high <= 1


def _stopped_behind(site: LossSite, run: Run) -> bool:
    """Integer labels pass binary_cross_entropy, but not the backward behind it."""
    crash = run.crash
    return crash is not None and crash.during == "backward" and "Found dtype" in crash.message


def _swapped(site: LossSite) -> bool:
    """Whole numbers came first, and one row of outputs for each of them second."""
    shape, target = site.input_shape or (), site.target_shape or ()
    whole = (site.input_dtype or "").startswith(("int", "uint"))
    floats = (site.target_dtype or "").startswith(("float", "bfloat"))
    return bool(site.raised and whole and floats and shape[:1] == target[:1] and len(target) > 1)


def _backwards(site: LossSite) -> bool:
    """Labels where the outputs are due: constants from 0 to 1, while all that is to learn comes
    second. A squared error reads the same both ways; of distributions either may be the first."""
    low, high = site.input_min, site.input_max
    if site.function not in _ONE_WAY or low is None or high is None or site.raised:
        return False
    always = site.calls >= ENOUGH_CALLS and site.taught_targets == site.calls
    return always and low >= 0 and high <= 1 and not site.connected


def _of_swapped(site: LossSite, source: Source | None) -> Finding:
    call = loss_call(source, site)
    given = [a.text for a in call.args[:2]] if call is not None else []
    write = f"{call.raw}({given[1]}, {given[0]})" if call and len(given) == 2 else "outputs, labels"
    says = f"{site.function} was given the labels of shape {plain(site.input_shape)} first and "
    says += f"the outputs of shape {plain(site.target_shape)} second: it takes them the other way"
    if not site.raised:
        says += f", and treats outputs from {site.target_min:.3g} to {site.target_max:.3g} as what "
        says += f"is wanted, in {site.calls} calls"
    return Finding(
        says=says,
        places=places(site.place),
        confidence=0.95,
        measured={"first_shape": list(site.input_shape or ()), "first_dtype": site.input_dtype},
        explains=("crash",) if site.raised else _HINDERED,
        fix=Fix(f"write {write}"),
    )


def _finding(site: LossSite, wrong: _Wrong, run: Run, source: Source | None) -> Finding:
    labels = target_text(source, site).removesuffix(".float()")
    labels = f"({labels})" if " " in labels else labels
    write = wrong.write.format(labels)
    if wrong.write == "{}.argmax(1)" and (numbers := _made_one_hot(source, site)):
        write = f"{numbers}, the class numbers, without one_hot"
    stopped = run.crash is not None and (site.raised is not None or _stopped_behind(site, run))
    calls = "" if stopped else f" in {site.calls} calls"
    return Finding(
        says=f"{site.function} was given labels that are {wrong.given}{calls}; it needs "
        f"{wrong.needs}",
        places=places(site.place, site.made_place if wrong.loss_is_wrong else None),
        confidence=0.95 if stopped else 0.9,
        measured={
            "function": site.function,
            "output_shape": list(site.input_shape or ()),
            "label_shape": list(site.target_shape or ()),
            "label_dtype": site.target_dtype,
            "label_min": site.target_min,
            "label_max": site.target_max,
            "calls": site.calls,
        },
        explains=("crash",) if stopped else _HINDERED,
        fix=Fix("write " + write),
    )


def _made_one_hot(source: Source | None, site: LossSite) -> str | None:
    """What the rows were made of where they are given to the loss."""
    call = loss_call(source, site)
    given = call.args[1].text if call is not None and len(call.args) > 1 else ""
    rows = _ONE_HOT.fullmatch(given)
    return rows[1] if rows is not None else None


def _of_no_tensor(crash: CrashFacts, kind: str) -> Finding:
    """A loader hands strings on as a tuple or list: there is no tensor of them."""
    loss = crash.loss_function or "the loss"
    return Finding(
        says=f"{loss} was given its labels as a {kind}, not as a tensor of numbers",
        places=places(crash.frames[-1] if crash.frames else None),
        confidence=0.9,
        measured={"label_type": kind},
        explains=("crash",),
        fix=Fix("number the classes in the data set: classes.index(name), or torch.tensor(labels)"),
    )


SAFE = True
promise = pays


def fix(finding: Finding, source: Source) -> list[AnyEdit]:
    if anew := called_anew(finding, source):
        return anew
    new = advised(finding)
    if told(finding).endswith("without one_hot"):
        return [Unwrap(finding.places[0], callees=("one_hot",))]
    endings = r"(?:\.(?:un)?squeeze\(\d\)|\.argmax\(1\)|\.long\(\)|\.float\(\))+$"
    if "nn.CrossEntropyLoss" in told(finding):
        return []
    old = re.sub(endings, "", new or "")
    if not new or not finding.places or old == new or "nn.BCE" in told(finding):
        return []
    numbers = re.fullmatch(r"[\w.]*one_hot\((.+), \d+\)", old)
    if numbers is not None and new.endswith(".argmax(1)"):
        new = numbers[1]
    return _of_the_targets(finding.places[0], source, old, new)


def _of_the_targets(place: Place, source: Source, old: str, new: str) -> list[AnyEdit]:
    """`old` becomes `new`. Where the line calls the targets otherwise (`old` is a word for them),
    it is what the loss is given second, or what was made one-hot."""
    node = statement(source, place)
    parts = [n for n in (ast.walk(node) if node is not None else ()) if isinstance(n, ast.expr)]
    calls = [n for n in parts if isinstance(n, ast.Call) and len(n.args) > 1]
    hot = [n for n in calls if ast.unparse(n.func).rpartition(".")[2] == "one_hot"]
    if hot and new.endswith(".argmax(1)"):
        return [Unwrap(at(place, hot[0]), callees=("one_hot",))]
    if any(ast.unparse(n) == old for n in parts) or not new.startswith(old):
        return [ReplaceExpression(place, old=old, new=new)]
    if not calls:
        return []
    given = text(source, place, calls[0].args[1])
    return [ReplaceExpression(at(place, calls[0].args[1]), old=given, new=given + new[len(old) :])]


BAD = """
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
labels = torch.tensor(digits.target).unsqueeze(1)
x_train, x_test, y_train, y_test = train_test_split(images, labels, random_state=1)
train_loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)

model = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(192, 10)
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)

for epoch in range(4):
    model.train()
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)  # <- here
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        correct = (model(x_test).argmax(1) == y_test.squeeze(1)).sum().item()
    print(f"epoch {epoch + 1}: {correct / len(y_test):.1%} right")
"""

GOOD = BAD.replace("targets)  # <- here", "targets.squeeze(1))")
