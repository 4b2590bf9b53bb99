"""A record on disk -> the facts that checks order. Needs no torch; reads cut records too."""

from __future__ import annotations

import linecache
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from whytorch.evidence import facts as f
from whytorch.evidence.rehearsal import Rehearsed

Subjects = dict[str, dict[str, Any]]
_COUNTS = re.compile(r"(?<![\w.])\d{1,12}(?![\w.]*\w)")
_DEEPEST = 50  # lists in lists: no recorder writes a tenth of it


def read_lines(path: Path) -> Subjects:
    """Kind -> key -> last snapshot. Lines that can't be decoded (a cut end) are left out."""
    subjects: Subjects = {}
    decoder = msgspec.json.Decoder()
    for line in path.read_bytes().split(b"\n"):
        try:
            entry = decoder.decode(line)
            kind, key, data = entry["kind"], entry["key"], entry["data"]
        except (msgspec.DecodeError, UnicodeError, KeyError, TypeError, RecursionError):
            continue
        if isinstance(kind, str) and isinstance(key, str) and isinstance(data, _shape_of(kind)):
            subjects.setdefault(kind, {})[key] = data
    return subjects


def _shape_of(kind: str) -> type:
    return list if kind == "eval_calls" else dict


def placed(value: Any, display: Callable[[str], str], depth: int = 0) -> Any:
    """Absolute file names become paths as the user gave them, with the line of code."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        if "line" in value and "path" in value and len(value) == 2:
            known = isinstance(value["path"], str) and isinstance(value["line"], int)
            if not known:
                return value
            code = linecache.getline(value["path"], value["line"]).rstrip("\n")
            return {"path": display(value["path"]), "line": value["line"], "code": code}
        return {k: placed(v, display, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [placed(v, display, depth + 1) for v in value]
    return value


def read_evidence(rehearsed: Rehearsed, display: Callable[[str], str] = str) -> dict[type, Any]:
    """Type of evidence -> what was observed. A type is absent when nothing of it was seen."""
    subjects: Subjects = placed(read_lines(rehearsed.record), display)

    def one(kind: str) -> dict[str, Any]:
        return subjects.get(kind, {}).get("", {})

    def many(kind: str, numbered: bool = False) -> list[Any]:
        entries = subjects.get(kind, {})
        if numbered:
            return [entries[k] for k in sorted(filter(str.isdecimal, entries), key=int)]
        return list(entries.values())

    made: dict[type, Any] = {}

    def put(kind: type, data: Mapping[str, Any], present: bool) -> None:
        facts = _converted(data, kind) if present else None
        if facts is not None:
            made[kind] = facts

    inputs, loaders = many("input"), many("loader", True)
    put(f.DataFlow, {"loaders": loaders, "inputs": inputs}, bool(inputs or loaders))
    layers = sorted(many("layer"), key=_order)
    network = {
        **one("network"),
        **one("freezing"),
        **one("structure"),
        "layers": layers,
        "companions": many("companion", True),
        "dropouts": many("dropout", True),
        "norms": many("norm", True),
    }
    put(f.Network, network, bool(one("network")))
    activations = {"relus": many("relu"), "saturation": many("saturation")}
    put(f.Activations, activations, any(activations.values()))
    mixed, cut = one("mixing").get("samples", []), many("cut_term", True)
    every, printed = many("pass", True), many("printed", True)
    group = one("network").get("group")
    # What is said of "the loss" is said of the network that the script is about.
    sites = sorted(many("loss", True), key=lambda s: s.get("group") not in (None, group))
    overlaps, raw = many("overlap", True), many("raw_overlap", True)
    computed = {"sites": sites, "mixed": mixed, "cut_terms": cut, "overlaps": overlaps}
    computed |= {"raw_overlaps": raw, "whole_sums": many("whole_sum", True)}
    computed |= {"late_masks": many("late_mask", True), "squares": many("square", True)}
    computed |= {"pair_targets": many("pair_target", True)}
    put(f.LossCalls, computed, any(v for k, v in computed.items() if k != "mixed"))
    passes = [p for p in every if p.get("group") == group]
    others = [p for p in every if p.get("group") != group]
    evals = subjects.get("eval_calls", {}).get("", [])
    seen_in_passes = {
        "passes": passes,
        "others": others,
        "printed": printed,
        "eval_calls": evals,
        "scores": many("score", True),
        "rankings": many("ranking", True),
        "weights": many("weights", True),
        "tags": one("tags") or None,
        "whole_argmax": many("whole_argmax", True),
    }
    put(f.Passes, seen_in_passes, bool(every or printed))
    put(f.Samples, one("samples"), bool(one("samples")))
    training = {
        **one("training"),
        **one("roots"),
        "optimizers": many("optimizer", True),
        "schedulers": many("scheduler", True),
        "trace": _of_stage(many("step", True), passes),
        "hand_trace": many("hand_step", True),
        "strays": many("stray", True),
        "gradients": many("gradient"),
    }
    seen = training.get("steps") or training.get("backwards") or training["optimizers"]
    put(f.Training, training, bool(seen))
    put(f.Traces, {"layers": many("trace")}, bool(many("trace")))
    pictures = {"sheets": subjects.get("sheet", {}), "histograms": subjects.get("histogram", {})}
    put(f.Pictures, pictures, any(pictures.values()))
    for kind in (f.Upkeep, f.Checkpoints, f.Distributed):
        name = kind.__name__.lower()
        put(kind, one(name), bool(one(name)))
    put(f.Bench, one("bench"), bool(one("bench")))
    for name, tried in subjects.get("experiment", {}).items():
        if name in f.EXPERIMENTS and tried.get("facts") is not None:
            put(f.EXPERIMENTS[name], tried["facts"], True)
    losses: f.LossCalls | None = made.get(f.LossCalls)
    made[f.Run] = _run(rehearsed, subjects, losses, made.get(f.Network))
    return made


def _of_stage(steps: list[Any], passes: list[Any]) -> list[Any]:
    """Without the steps of other networks before the one that the script is about was trained."""
    trained = (p.get("first_step") for p in passes if p.get("phase") == "train")
    first = min((n for n in trained if isinstance(n, int)), default=0)
    return [s for s in steps if not isinstance(s.get("index"), int) or s["index"] >= first]


def _order(layer: dict[str, Any]) -> tuple[bool, float]:
    """As they were called; those that never were come last."""
    order = layer.get("order")
    known = order if isinstance(order, int) else -1
    return known < 0, known


def _converted(data: Mapping[str, Any], kind: type) -> Any:
    """The facts; None where the record is of another version, or of a disk that failed: then it is
    as if nothing of it had been seen."""
    try:
        return msgspec.convert(dict(data), kind, strict=False)
    except msgspec.ValidationError:
        if os.environ.get("WHYTORCH_RAISE"):  # in tests a fault of the recorder is to be seen
            raise
        return None


def _run(
    rehearsed: Rehearsed,
    subjects: Subjects,
    losses: f.LossCalls | None,
    network: f.Network | None,
) -> f.Run:
    def one(kind: str) -> dict[str, Any]:
        return subjects.get(kind, {}).get("", {})

    end, settings, crash = one("end"), one("settings"), one("crash")
    classification, classes = _classes(losses, network)
    broken_off = _of_the_cut(end, crash, subjects.get("pass", {}).values())
    of_overlay = end.get("overlay_faults")
    if broken_off is not None:
        end, crash = {**end, "exit": "stopped", "exit_code": 0}, {}
    data = {
        **{k: settings.get(k) for k in ("seed_set", "torch_version")},
        **{k: settings.get(k, 0) for k in ("steps", "backwards", "epochs")},
        "exit": end.get("exit") or _exit_of(rehearsed),
        "exit_code": end.get("exit_code", rehearsed.exit_code),
        "message": end.get("message"),
        "seconds": end.get("seconds") or settings.get("seconds") or rehearsed.seconds,
        "shortened": bool(end.get("shortened_says")) or rehearsed.stopped is not None,
        "shortened_says": end.get("shortened_says") or "",
        "training_shortened": bool(end.get("training_shortened", end.get("shortened_says")))
        or rehearsed.stopped is not None,
        "planned_steps": end.get("planned_steps"),
        "reached_end": bool(end.get("reached_end")),
        "device": end.get("device"),
        "imported_torch": bool(end.get("imported_torch", settings.get("backwards"))),
        "wrote": end.get("wrote", []),
        "changed": list(rehearsed.changed),
        "faults": [
            *(f"{k}: {v}" for k, v in one("fault").items()),
            *(of_overlay if isinstance(of_overlay, list) else []),
        ],
        "crash": crash or None,
        "broken_off": broken_off,
        "output_tail": rehearsed.output[-3000:],
        "classification": classification,
        "classes": classes,
        "processes": one("processes").get("place"),
        "functional": one("functional").get("place"),
    }
    run: f.Run | None = _converted(data, f.Run)
    return run or f.Run(
        exit=_exit_of(rehearsed),
        exit_code=rehearsed.exit_code,
        shortened=True,
        training_shortened=True,
    )


def _of_the_cut(
    end: dict[str, Any], crash: dict[str, Any], passes: Iterable[dict[str, Any]] = ()
) -> str | None:
    """A trainer that misses a metric since its epoch ended early, a score of too few samples, the
    predictions of a pass that was cut set against the labels of the whole data set."""
    if not end.get("shortened_says") or crash.get("during") != "other":
        return None
    message = " ".join(str(crash.get("message", "")).split())
    who = crash.get("library")
    if not who and any(_misses_the_rest(one, message) for one in passes):
        who = "a line that expects all samples"
    return f"{who} raised {crash.get('type')}: {message[:200]}" if who else None


def _misses_the_rest(one: dict[str, Any], message: str) -> bool:
    """Whether the message is about as many samples as a pass gave that was cut, and as it would
    have given."""
    seen, length = one.get("samples") or 0, one.get("dataset_length") or 0
    told = {int(number) for number in _COUNTS.findall(message)}
    return bool(one.get("shortened")) and 0 < seen < length and {seen, length} <= told


def _exit_of(rehearsed: Rehearsed) -> Any:
    """How a child ended that did not say so itself."""
    if rehearsed.stopped in ("timeout", "interrupted", "running"):
        return rehearsed.stopped
    return "killed" if (rehearsed.exit_code or 0) < 0 else "exited"


def _classes(
    losses: f.LossCalls | None, network: f.Network | None
) -> tuple[bool | None, int | None]:
    """Is this a classifier, and of how many classes? From the losses' targets and outputs."""
    if losses is None:
        return None, None
    for site in losses.sites:
        if site.function in ("cross_entropy", "nll_loss") and site.input_shape:
            if len(site.input_shape) >= 2 and not _contrasts(site):
                return True, site.input_shape[1]
        if site.function.startswith("binary_cross_entropy") and site.target_integral:
            wide = site.input_shape and len(site.input_shape) > 1 and site.input_shape[-1] > 1
            return True, site.input_shape[-1] if wide and site.input_shape else 2
        if site.function in ("mse_loss", "l1_loss", "smooth_l1_loss") and site.input_shape:
            wide = len(site.input_shape) == 2 and site.input_shape[1] > 1
            if wide and (site.target_one_hot or "int" in (site.target_dtype or "")):
                return True, site.input_shape[1]
    return None, None


def _contrasts(site: f.LossSite) -> bool:
    """Cross-entropy over the samples of a batch (SimCLR, MoCo, CLIP), not over classes: the right
    answer is always the first, or the sample's own place in the batch."""
    counts, shape = site.target_counts or {}, site.input_shape or ()
    if len(shape) != 2 or not counts:
        return False
    if len(counts) == 1:
        return shape[1] == shape[0] - 1 or shape[1] > 1000
    own_place = len(set(counts.values())) == 1 and min(counts.values()) >= 5
    return shape[0] == shape[1] == len(counts) and own_place
