"""What the user expected (`--expect "test accuracy >= 0.9"`), against what was measured.

`parse` reads the text. `judge_expectation` answers: met; unmet, and the findings say why; not to be
expected of this network and these data; within reach of more training; or unmet without a cause.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from whytorch.evidence.facts import DataFlow, Network, Passes, PassFacts, Run
from whytorch.evidence.facts.experiments import Reachable
from whytorch.findings import known_results
from whytorch.records import Finding, VerdictKind

Metric = Literal["accuracy", "error", "loss"]
Split = Literal["train", "val", "test"]
State = Literal["met", "explained", "unrealistic", "reachable", "unmet", "unknown"]

_HELP = 'write for example "test accuracy >= 0.9", "val loss < 0.3" or "train error <= 2%"'
_METRICS: dict[str, Metric] = {
    "accuracy": "accuracy", "acc": "accuracy", "top-1": "accuracy", "top1": "accuracy",
    "error": "error", "err": "error", "loss": "loss",
}  # fmt: skip
_SPLITS: dict[str, Split] = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val",
    "dev": "val", "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip
_WORDS = {  # in the order in which they are looked for
    "at least": ">=", "no less than": ">=", "at most": "<=", "no more than": "<=",
    "more than": ">", "less than": "<", "above": ">", "over": ">", "below": "<", "under": "<",
    "≥": ">=", "≤": "<=", "=>": ">=", "=<": "<=", "==": "=",
}  # fmt: skip
_SPLIT_WORDS = re.compile(r"[a-z][a-z0-9]*(?:-\d)?")
_SIGN = re.compile(r">=|<=|>|<|=")
_NUMBER = re.compile(r"(-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)\s*(%|percent\b)?")
_IDLE = {"the", "of", "on", "set", "is", "rate", "score", "final", "a", "an", "should", "be"}
_LEARNT = 0.95  # of the training samples named right: more steps teach little
# Figures that these mistakes have made are no proof of what they say.
_UNTRUSTED = ("train-test-leakage", "evaluated-on-training-data", "metric-miscomputed")


class Expectation(Struct, frozen=True):
    """`value` is 0..1 for accuracy and error. `digits` after the point are those that were written
    (of the share, not of the percents): "= 0.9" is reached from 0.85 on."""

    metric: Metric
    split: Split
    sign: str
    value: float
    digits: int = 2

    def __str__(self) -> str:
        return f"{self.split} {self.metric} {self.sign} {self.value:g}"

    def met_by(self, measured: float) -> bool:
        tolerance = 0.5 * 10**-self.digits
        if self.sign == "=":  # reached, not hit: nobody minds a better one
            better = measured >= self.value if self.metric == "accuracy" else measured <= self.value
            return better or abs(measured - self.value) <= tolerance + 1e-12
        if self.sign in (">=", ">"):
            return measured > self.value or (self.sign == ">=" and measured == self.value)
        return measured < self.value or (self.sign == "<=" and measured == self.value)

    @property
    def accuracy(self) -> float | None:
        """The accuracy that it asks for, at least; None if it asks for none."""
        if self.metric == "accuracy" and self.sign in (">=", ">", "="):
            return self.value
        if self.metric == "error" and self.sign in ("<=", "<", "="):
            return 1 - self.value
        return None


class Answer(Struct, frozen=True):
    """`headline` is one line for the report; `kind` is the verdict that goes with it, None where
    the expectation changes nothing about the verdict."""

    state: State
    headline: str
    says: tuple[str, ...] = ()
    measured: dict[str, Any] = {}

    @property
    def kind(self) -> VerdictKind | None:
        return {"unrealistic": "expectation-unrealistic", "explained": "mistake"}.get(self.state)  # type: ignore[return-value]


# --- reading -----------------------------------------------------------------------------------


def parse(text: str) -> Expectation:
    """Raises ValueError with what to write instead."""
    said = " ".join(text.lower().replace("held-out", "test").replace("held out", "test").split())
    for words, sign in _WORDS.items():
        pattern = rf"\b{words}\b" if words.isascii() and words[0].isalpha() else re.escape(words)
        said = re.sub(pattern, f" {sign} ", said)
    signs = list(_SIGN.finditer(said))
    if len(signs) != 1:
        raise ValueError(
            ("no comparison" if not signs else "more than one comparison") + f"; {_HELP}"
        )
    before, sign, after = said[: signs[0].start()], signs[0][0], said[signs[0].end() :].strip()
    number = _NUMBER.fullmatch(after)
    if number is None:
        raise ValueError(f"{after!r} is no number; {_HELP}" if after else f"no number; {_HELP}")
    metric, split = _names(before)
    value, digits = _value(number[1], bool(number[2]), metric)
    return Expectation(metric, split, sign, value, digits)


def _names(said: str) -> tuple[Metric, Split]:
    words = _SPLIT_WORDS.findall(said.replace("_", " "))
    metrics = {_METRICS[w] for w in words if w in _METRICS}
    splits = {_SPLITS[w] for w in words if w in _SPLITS}
    unknown = [w for w in words if w not in _METRICS and w not in _SPLITS and w not in _IDLE]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not known; {_HELP}")
    if len(metrics) != 1 or len(splits) > 1:
        missing = "say one of accuracy, error and loss" if len(metrics) != 1 else "say one split"
        raise ValueError(f"{missing}; {_HELP}")
    return metrics.pop(), splits.pop() if splits else "test"


def _value(written: str, percent: bool, metric: Metric) -> tuple[float, int]:
    value = float(written)
    digits = len(written.partition(".")[2].partition("e")[0])
    if metric == "loss":
        if percent:
            raise ValueError(f"a loss has no percents; {_HELP}")
        return value, digits
    if percent or value > 1:  # "accuracy >= 90" can mean nothing else
        value, digits = value / 100, digits + 2
    if not 0 <= value <= 1:
        raise ValueError(f"an {metric} lies between 0 and 1, or 0% and 100%; {_HELP}")
    return value, digits


# --- judging -----------------------------------------------------------------------------------


def judge_expectation(
    text: str | None, evidence: Mapping[type, Any], findings: Sequence[Finding]
) -> Answer | None:
    """None where nothing was expected. `findings` in the order of the report. Raises ValueError for
    a text that `parse` refuses."""
    if not text or not text.strip():
        return None
    expected = parse(text)
    run, passes = evidence.get(Run) or Run("finished"), evidence.get(Passes) or Passes()
    figures = _figures(expected, passes)
    last = figures[-1] if figures else None
    serious = [f for f in findings if f.severity != "advice"]
    facts: dict[str, Any] = {"expected": str(expected), "measured": last}
    if last is not None and expected.met_by(last):
        return _met(expected, last, serious, facts)
    came = f"{last:.3g} was measured" if last is not None else "it was not measured"
    if last is not None and run.shortened:
        came += " in a shortened training"
    beyond = _beyond(expected, evidence, run)
    if serious:
        first = serious[0]
        place = f", {first.places[0]}" if first.places else ""
        headline = f"Expected {expected}; {came}. The first mistake to mend: {first.title}{place}"
        return Answer("explained", headline, (beyond,) if beyond else (), facts)
    if beyond:
        return Answer("unrealistic", f"Expected {expected}; {came}. {beyond}", (), facts)
    if last is None:
        return Answer("unknown", f"Expected {expected}; {_why_unknown(expected, run)}", (), facts)
    return _open(expected, evidence, run, figures, came, facts)


def _met(
    expected: Expectation, last: float, serious: list[Finding], facts: dict[str, Any]
) -> Answer:
    doubt = next((f for f in serious if f.id in _UNTRUSTED), None)
    headline = f"Expected {expected}: met, {last:.3g} was measured"
    if doubt is not None:
        place = f", {doubt.places[0]}" if doubt.places else ""
        headline += f", but the figure proves nothing: {doubt.title}{place}"
    return Answer("met", headline, (), {**facts, "trusted": doubt is None})


def _open(
    expected: Expectation,
    evidence: Mapping[type, Any],
    run: Run,
    figures: list[float],
    came: str,
    facts: dict[str, Any],
) -> Answer:
    """Unmet, and nothing found that explains it."""
    says = []
    if any(expected.met_by(f) for f in figures):
        says.append("an earlier evaluation met it: keep the weights of the best one")
    known = _known(evidence, run)
    if known is not None and (like := known_results.example(*known, run.epochs)) is not None:
        says.append(f"a {like.network} was reported to reach {like.accuracy:.2g} ({like.source})")
    curve = _curve(evidence)
    wanted = expected.accuracy
    head = f"Expected {expected}; {came}"
    if wanted is not None and expected.split != "train" and curve is not None:
        low, limit, high = curve
        facts["reachable"] = (low, high)
        held = limit >= wanted
        within = "its learning curve leads there" if held else "its learning curve may lead there"
        headline = f"{head}. With all of the data and more epochs {within}: {low:.2g} to {high:.2g}"
        return Answer("reachable", headline, tuple(says), facts)
    if run.shortened:
        return Answer("unknown", f"{head}: too early to say, see --budget", tuple(says), facts)
    return Answer("unmet", f"{head}. No mistake was found that explains it", tuple(says), facts)


def _curve(evidence: Mapping[type, Any]) -> tuple[float, float, float] | None:
    """(low, limit, high) where the learning curve says something: it rises, or all is learnt. A
    network that has not yet begun to learn may still do so."""
    reach = evidence.get(Reachable)
    if not isinstance(reach, Reachable) or len(reach.by_steps) < 2:
        return None
    low, limit, high = reach.limit_low, reach.limit, reach.limit_high
    first, last = reach.by_steps[0], reach.by_steps[-1]
    if low is None or limit is None or high is None or first is None or last is None:
        return None
    rises = last > first + (reach.noise or 0.0)
    return (low, limit, high) if rises or (reach.train_accuracy or 0.0) >= _LEARNT else None


def _beyond(expected: Expectation, evidence: Mapping[type, Any], run: Run) -> str | None:
    """Why it is not to be expected; None where it may be."""
    wanted = expected.accuracy
    if wanted is None or expected.split == "train":
        return None
    known = _known(evidence, run)
    best = known_results.beyond(wanted, *known) if known is not None else None
    if best is not None:
        whose = f" of {_CALLED[best.network]}" if best.network in _CALLED else ""
        return (
            f"The best published result{whose} on {best.data} is {best.accuracy:g} ({best.source})"
        )
    curve = _curve(evidence)
    if curve is not None and wanted > curve[2]:
        low, limit, high = curve
        return (
            "The learning curve of this network on these data leads to "
            f"{limit:.2g} ({low:.2g} to {high:.2g}), with all of the data and many more steps"
        )
    return None


_CALLED = {"linear": "a linear network", "mlp": "a network without convolutions"}


# --- what was measured -------------------------------------------------------------------------


def _figures(expected: Expectation, passes: Passes) -> list[float]:
    """Of each pass over the expected split, in their order."""
    if expected.split == "train":
        chosen = list(passes.of("train"))
    else:
        chosen = _evaluations(passes.of("eval"), expected.split)
    if expected.metric == "loss":
        return [p.mean_loss for p in chosen if p.mean_loss is not None]
    right = [p.accuracy for p in chosen if p.accuracy is not None]
    return right if expected.metric == "accuracy" else [1 - a for a in right]


def _evaluations(passes: Sequence[PassFacts], split: Split) -> list[PassFacts]:
    """Of several data that are evaluated, those looked at most often are the validation's, and
    those looked at last are the test's."""
    groups: dict[Any, list[PassFacts]] = {}
    for one in passes:
        if one.counted or one.mean_loss is not None:
            key = one.loader if one.loader is not None else str(one.place)
            groups.setdefault(key, []).append(one)
    if not groups:
        return []
    if split == "val":
        return max(groups.values(), key=len)
    return max(groups.values(), key=lambda group: group[-1].index)


def _why_unknown(expected: Expectation, run: Run) -> str:
    if run.crash is not None:
        return f"the script crashed before it was measured ({run.crash.type})"
    phase = "training" if expected.split == "train" else "evaluation"
    return f"no {expected.metric} of an {phase} with known labels was seen"


# --- what is known of such data and networks ---------------------------------------------------


def _known(evidence: Mapping[type, Any], run: Run) -> tuple[str, str | None] | None:
    """(data set, kind of network) where the data are a well-known set with all of its classes."""
    flow = evidence.get(DataFlow)
    loaders = flow.feeding("eval") if isinstance(flow, DataFlow) else ()
    names = {x.dataset.chain[-1] if x.dataset.chain else x.dataset.kind for x in loaders}
    if len(names) != 1:
        return None
    name = names.pop()
    if known_results.CLASSES.get(name) != run.classes or run.classes is None:
        return None
    network = evidence.get(Network)
    return name, _kind(network) if isinstance(network, Network) else None


# Layers that a network without convolutions may have; any other kind is not judged.
_PLAIN = re.compile(
    r"Linear|Flatten|Dropout\d?d?|\w*ReLU\d?|ELU|SELU|GELU|SiLU|Tanh|Sigmoid|(Log)?Softmax|Identity"
    r"|BatchNorm1d|LayerNorm|Sequential|ModuleList"
)
_DEEP = 10  # convolutions; LeNet has two, VGG11 eight, the smallest usual ResNet nineteen


def _kind(network: Network) -> str | None:
    called = [x for x in network.layers if x.order >= 0]
    convolutions = [x for x in called if x.kind.startswith("Conv")]
    if convolutions:
        return "deep cnn" if len(convolutions) >= _DEEP else "small cnn"
    if any("conv" in name.lower() for name in network.operations) or not network.operations:
        return None
    own = [x for x in called if x.parameters]
    if not own or any(_PLAIN.fullmatch(x.kind) is None for x in own):
        return None
    return "linear" if network.bending == 0 else "mlp"
