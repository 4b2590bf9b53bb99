"""The report as JSON, schema 1: the contract of `report.schema.json` beside this file.

Unknown values are null and never missing; a number that is not finite is unknown too, since
JSON has no NaN and no infinity.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Set
from typing import Any

from whytorch.records import Finding, Fix, Place, Report, Symptom, Verification

SCHEMA = 1


def render(report: Report) -> str:
    """One JSON object, indented, in ASCII (so that no locale can spoil it)."""
    return json.dumps(plain(_report(report)), indent=2, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """`value` in what JSON knows. Not finite: None. Not known to JSON: its text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)  # IntEnum and its like
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        # A lone surrogate (from a file name that is not UTF-8) is no JSON that others can read.
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, Set):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if callable(tolist := getattr(value, "tolist", None)):  # numpy's scalars and arrays
        return plain(tolist())
    return plain(str(value))


def _report(report: Report) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "tool": {"name": "whytorch", "version": report.version or None},
        "script": {
            "path": report.script.path,
            "args": report.script.args,
            "sha256": report.script.sha256,
        },
        "verdict": {
            "kind": report.verdict.kind,
            "headline": report.verdict.headline,
            "finding": report.verdict.finding,
        },
        "findings": [finding_plain(finding) for finding in report.findings],
        "symptoms": [_symptom(symptom) for symptom in report.symptoms],
        "not_judged": [{"id": item.id, "reason": item.reason} for item in report.not_judged],
        "experiments": [
            {
                "id": tried.id,
                "says": tried.says,
                "measured": tried.measured,
                "seconds": tried.seconds,
            }
            for tried in report.experiments
        ],
        "run": _run(report),
        "seconds": {
            "source": report.seconds.source,
            "rehearsal": report.seconds.rehearsal,
            "lab": report.seconds.lab,
            "verify": report.seconds.verify,
            "total": report.seconds.total,
        },
    }


def finding_plain(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "area": finding.area,
        "title": finding.title,
        "rank": finding.rank,
        "severity": finding.severity,
        "grade": finding.grade,
        "confidence": finding.confidence,
        "says": finding.says,
        "places": [place_plain(place) for place in finding.places],
        "measured": finding.measured,
        "explains": finding.explains,
        "fix": _fix(finding.fix),
        "verification": _verification(finding.verification),
    }


def place_plain(place: Place) -> dict[str, Any]:
    """Of a notebook, lines are counted within the `cell`."""
    return {
        "path": place.path,
        "line": place.line,
        "end_line": place.end_line,
        "column": place.column,
        "code": place.code,
        "cell": place.cell,
    }


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    return {"safe": fix.safe, "says": fix.says, "diff": fix.diff, "code": fix.code or None}


def _verification(proof: Verification | None) -> dict[str, Any] | None:
    if proof is None:
        return None
    return {
        "metric": proof.metric,
        "higher_is_better": proof.higher_is_better,
        "before": proof.before,
        "after": proof.after,
        "noise": proof.noise,
        "runs": proof.runs,
        "kept": proof.kept,
        "says": proof.says,
    }


def _symptom(symptom: Symptom) -> dict[str, Any]:
    return {
        "id": symptom.id,
        "says": symptom.says,
        "measured": symptom.measured,
        "explained_by": symptom.explained_by,
    }


def _run(report: Report) -> dict[str, Any]:
    run = report.run
    return {
        "seconds": run.seconds,
        "steps": run.steps,
        "epochs": run.epochs,
        "exit": run.exit,
        "time_lapse": {"shortened": run.time_lapse.shortened, "says": run.time_lapse.says},
        "metrics": {
            "train_accuracy": run.metrics.train_accuracy,
            "eval_accuracy": run.metrics.eval_accuracy,
            "first_loss": run.metrics.first_loss,
            "last_loss": run.metrics.last_loss,
            "classes": run.metrics.classes,
            "per_class": list(run.metrics.per_class),
        },
        "printed": run.printed,
    }
