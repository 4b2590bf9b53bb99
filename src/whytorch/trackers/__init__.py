"""A run's scalars and findings, for the programs in which people compare their trainings.

One file each: `log(logged, where)` writes it and returns where it is to be found. None of these
programs is needed by whytorch; what is not installed raises `Unavailable`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from msgspec import Struct

from whytorch import saved
from whytorch.evidence.facts import Training
from whytorch.records import Report
from whytorch.reports import render
from whytorch.reports.page.saved_run import facts_of

_OF_STEP = {
    "loss": "loss",
    "learning rate": "lr",
    "gradient norm": "grad_norm",
    "update ratio": "update_ratio",
    "batch accuracy": "accuracy",
}


class Unavailable(Exception):
    """The program is not installed, or cannot be reached; the message says what to do."""


class Logged(Struct, frozen=True):
    """`series`: by name, (step, value) of the steps that the record keeps. `figures`: numbers of
    the whole run, accuracies as 0..1. `text`: verdict and findings in Markdown."""

    name: str
    series: dict[str, tuple[tuple[int, float], ...]]
    figures: dict[str, float]
    verdict: str
    text: str
    page: Path | None


def logged(report: Report) -> Logged:
    """What of a saved run is logged; without a record, the findings alone."""
    training: Training | None = facts_of(report).get(Training)
    trace = training.trace if training is not None else ()
    series = {
        name: tuple((s.index, float(v)) for s in trace if (v := getattr(s, field)) is not None)
        for name, field in _OF_STEP.items()
    }
    metrics = report.run.metrics
    counts = {
        f"{severity}s" if severity != "advice" else "advice": float(
            sum(f.severity == severity for f in report.findings)
        )
        for severity in ("error", "warning", "advice")
    }
    known = {
        "training accuracy": metrics.train_accuracy,
        "evaluation accuracy": metrics.eval_accuracy,
    }
    page = Path(report.saved) / saved.PAGE if report.saved else None
    return Logged(
        name=Path(report.script.path).stem or "run",
        series={name: values for name, values in series.items() if values},
        figures={**{k: v for k, v in known.items() if v is not None}, **counts},
        verdict=report.verdict.headline,
        text=render(report, "markdown"),
        page=page if page is not None and page.is_file() else None,
    )


def send(report: Report, to: str) -> str:
    """Log to `to`, a tracker's name or `name:where`, and say where it is to be found."""
    name, _, where = to.partition(":")
    tracker = import_module(f"whytorch.trackers.{name}")
    try:
        told: str = tracker.log(logged(report), where)
    except ImportError as error:
        missing = (error.name or str(error)).partition(".")[0]
        raise Unavailable(f"{name} needs the package {missing}: pip install {missing}") from None
    return told
