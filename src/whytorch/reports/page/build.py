"""Report and facts -> the text of the page."""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from msgspec import Struct

from whytorch import saved
from whytorch.evidence.facts import Run
from whytorch.records import Finding, Place, Report
from whytorch.reports._text import SourceLine, fix_command
from whytorch.reports._words import explained_crash, told_by_epochs, unexplained
from whytorch.reports.page import excerpts, network, registry, words
from whytorch.reports.page.picture import Chart, Picture, number, percent, plural
from whytorch.reports.page.saved_run import facts_of

_HERE = resources.files(__name__.rpartition(".")[0])


class Spot(Struct, frozen=True):
    """A place in the source, or several that are near each other, with the lines around them."""

    where: str
    lines: tuple[SourceLine, ...]


class Shown(Struct, frozen=True):
    """A picture on the page: `charts` are their places in the page's list of charts."""

    name: str
    title: str
    picture: Picture
    charts: tuple[int, ...]


def render(report: Report) -> str:
    """The page of a saved run; of a report without one, what the report alone can say."""
    facts = facts_of(report)
    made, failed = registry.drawn(facts)
    beside, rest = registry.placed(made, report.findings)
    charts: list[Chart] = []

    def shown(one: registry.Drawn) -> Shown:
        first = len(charts)
        charts.extend(one.picture.charts)
        return Shown(one.name, one.title, one.picture, tuple(range(first, len(charts))))

    placed = {id: [shown(one) for one in ones] for id, ones in beside.items()}
    apart = [shown(one) for one in rest]
    lines = excerpts.excerpts(report)
    net = network.show(facts)
    plotly, script = _plotly(), _text("page.js")
    text = _template().render(
        report=report,
        script=_script(report),
        kind=_kind(report),
        tone=words.TONE.get(report.verdict.kind, "warning"),
        lead=_lead(report),
        measured=_measured(report),
        parts=_parts(report, bool(apart), net is not None),
        first=_first(report),
        command=fix_command(report),
        spots={f.id: _spots(f, lines) for f in report.findings},
        explained={f.id: _explained(report, f) for f in report.findings},
        numbers={f.id: n for n, f in enumerate(report.findings, start=1)},
        sentence=words.sentence,
        unexplained=unexplained,
        beside=placed,
        rest=apart,
        heights=[c["layout"]["height"] for c in charts],
        network=net,
        reasons=_reasons(report),
        environment=_environment(report, facts),
        failed=failed,
        severities=words.SEVERITY,
        grades=words.GRADE,
        confidence=words.confidence,
        proof=words.proof,
        count=plural,
        allowed=f"'sha256-{_hash(plotly)}' 'sha256-{_hash(script)}'",
        css=_text("page.css"),
        charts=_json(charts),
        plotly=plotly,
        script_text=script,
    )
    return text.encode("utf-8", "replace").decode("utf-8")  # a file name may hold half a character


def keep(report: Report, folder: Path) -> None:
    """The page beside the run in `folder`, and what of the source it shows. Raises OSError."""
    excerpts.keep(report, folder)
    (folder / saved.PAGE).write_text(render(report), encoding="utf-8")


@cache
def _template() -> jinja2.Template:
    loader = jinja2.FunctionLoader(_text)
    made = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    return made.get_template("page.html.jinja")


@cache
def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@cache
def _plotly() -> str:
    """plotly.js, as plotly's own package brings it."""
    return (resources.files("plotly") / "package_data" / "plotly.min.js").read_text("utf-8")


@cache
def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _json(value: Any) -> str:
    """JSON that can stand inside a script element, whatever its texts hold."""
    text = msgspec.json.encode(value).decode()
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _kind(report: Report) -> str:
    """The word above the headline. Not "cause unknown" where the headline tells it."""
    kind = report.verdict.kind
    if kind == "unknown-cause" and explained_crash(report):
        return "Crash"
    return words.KIND.get(kind, kind)


def _script(report: Report) -> str:
    return shlex.join([report.script.path, *report.script.args]) if report.script.path else ""


def _lead(report: Report) -> str:
    """How sure the first finding is."""
    if report.verdict.kind != "mistake" or not report.findings:
        return ""
    return words.confidence(report.findings[0])


def _measured(report: Report) -> str:
    """What the run itself came to, in one line."""
    run, metrics = report.run, report.run.metrics
    parts = []
    if run.steps is not None:
        epochs = f" in {plural(run.epochs or 0, 'epoch')}" if told_by_epochs(run) else ""
        parts.append(f"{plural(run.steps, 'step')}{epochs}")
    if metrics.first_loss is not None or metrics.last_loss is not None:
        parts.append(f"loss {number(metrics.first_loss)} → {number(metrics.last_loss)}")
    for value, phase in (
        (metrics.train_accuracy, "training"),
        (metrics.eval_accuracy, "evaluation"),
    ):
        if value is not None:
            parts.append(f"{percent(value)} right in {phase}")
    if run.exit in words.EXIT and run.exit != "finished":
        parts.append(words.EXIT[run.exit])
    return words.sentence("; ".join(parts))


def _parts(report: Report, pictures: bool, network: bool) -> list[tuple[str, str]]:
    found = len(report.findings)
    parts = [("findings", plural(found, "finding"))] if found else []
    parts += [("measured", "What was measured")] if pictures else []
    parts += [("network", "The network")] if network else []
    return [*parts, ("details", "How this answer came about")]


def _spots(finding: Finding, lines: excerpts.Excerpts) -> list[Spot]:
    """Its places in their order; one that is within what was shown already is marked there."""
    made: list[Spot] = []
    for place in dict.fromkeys(finding.places):
        own = lines.get(str(place), ())
        near = next((n for n, spot in enumerate(made) if _holds(spot, place, own)), None)
        if near is None:
            made.append(Spot(str(place), own))
        else:
            made[near] = _joined(made[near], place, own)
    return made


def _holds(spot: Spot, place: Place, own: tuple[SourceLine, ...]) -> bool:
    numbers = {line.number for line in spot.lines}
    same = spot.where.split(":")[0] == str(place).split(":")[0] and place.cell is None
    return same and bool(own) and all(x.number in numbers for x in own if x.marked)


def _joined(spot: Spot, place: Place, own: tuple[SourceLine, ...]) -> Spot:
    marked = {line.number for line in own if line.marked}
    lines = tuple(x._replace(marked=x.marked or x.number in marked) for x in spot.lines)
    return Spot(f"{spot.where} and {place.line}", lines)


def _first(report: Report) -> Finding | None:
    """What to mend first; nothing, where there is only advice."""
    named = [f for f in report.findings if f.id == report.verdict.finding]
    return next(iter([*named, *(f for f in report.findings if f.severity != "advice")]), None)


def _explained(report: Report, finding: Finding) -> list[str]:
    """The symptoms of this run that it explains."""
    return [s.says for s in report.symptoms if finding.id in s.explained_by]


def _reasons(report: Report) -> list[tuple[str, list[str]]]:
    """Why checks were not judged, the reasons of most of them first."""
    groups: dict[str, list[str]] = {}
    for item in report.not_judged:
        groups.setdefault(item.reason, []).append(item.id)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def _environment(report: Report, facts: Mapping[type, Any]) -> list[tuple[str, str]]:
    run: Run | None = facts.get(Run)
    known = [
        ("script", _script(report)),
        ("SHA-256 of it", report.script.sha256 or ""),
        ("torch", (run.torch_version or "") if run is not None else ""),
        ("device", (run.device or "") if run is not None else ""),
        ("whytorch", report.version),
    ]
    return [(name, value) for name, value in known if value] + list(words.took(report))
