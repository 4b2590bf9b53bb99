"""The report as a piece of HTML for a notebook: no script, no style sheet, nothing from a network.

Colours are taken from what is around it, so it is readable in light and dark notebooks.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from whytorch import saved
from whytorch.records import Finding, Report, Symptom
from whytorch.reports._text import clean, sentence, source_around
from whytorch.reports._words import GRADE, counted, grouped, proof, run_parts, unexplained
from whytorch.reports.fixes_text import patch

IN_FULL = 5  # findings with source and reason
_COLOR = {"error": "#d62728", "warning": "#b8860b", "advice": "#1f77b4", "good": "#2e8b57"}
_CODE = (
    "margin:.3em 0;padding:.4em .7em;overflow-x:auto;border-left:3px solid {};"
    "background:rgba(128,128,128,.12);color:inherit;font-size:90%"
)


def render(report: Report) -> str:
    """One <div>; everything from the user's side is escaped."""
    body = "\n".join(_parts(report))
    return f'<div class="whytorch" style="max-width:60em;line-height:1.45">\n{body}\n</div>\n'


def _parts(report: Report) -> Iterator[str]:
    kind = {"nothing-found": "good", "mistake": "error"}.get(report.verdict.kind, "warning")
    yield (
        f'<p style="font-size:115%;margin:.4em 0;color:{_COLOR[kind]}">'
        f"<b>{_text(report.verdict.headline)}</b></p>"
    )
    for number, finding in enumerate(report.findings, 1):
        whole = number <= IN_FULL and finding.severity != "advice"
        yield from _finding(number, finding, whole)
    if report.symptoms:
        entries = [_symptom(s, unexplained(s, report)) for s in report.symptoms]
        yield _folded("Symptoms", entries)
    if report.experiments:
        told = [_text(f"{e.id.replace('_', ' ')}: {e.says}") for e in report.experiments]
        yield _folded("Experiments", told)
    parts = list(run_parts(report, "→"))
    if report.sound:
        parts.append(f"{counted(len(report.sound), 'check')} found nothing wrong")
    if parts:
        yield f'<p style="margin:.4em 0;opacity:.8">{_text("; ".join(parts))}</p>'
    if report.not_judged:
        reasons = [f"{_text(', '.join(ids))}: {_text(why)}" for why, ids in grouped(report)]
        title = f"{counted(len(report.not_judged), 'check')} could not judge, and why"
        yield _folded(title, reasons)
    if report.notes:
        yield _folded("Notes", [_text(note) for note in report.notes])
    if report.saved is not None:
        where = _text(saved.shown(report.saved))
        yield f'<p style="margin:.4em 0;opacity:.8">All of it: <code>{where}</code></p>'


def _finding(number: int, finding: Finding, whole: bool) -> Iterator[str]:
    color = _COLOR[finding.severity]
    grade = GRADE.get(finding.grade, finding.grade)
    where = f", <code>{_text(str(finding.places[0]))}</code>" if finding.places else ""
    yield (
        f'<div style="margin:.7em 0"><b>{number}. {_text(finding.title or finding.id)}</b> '
        f'<span style="color:{color}">{finding.severity}</span>, {_text(grade)}{where}<br/>'
        f"{_text(finding.says)}"
    )
    if whole:
        yield from _source(finding, color)
        if finding.why:
            yield f"<div><i>Why it hurts:</i> {_text(finding.why)}</div>"
    if finding.fix is not None:
        yield f"<div><i>Change:</i> {_text(finding.fix.says)}</div>"
        if whole and finding.fix.diff:
            yield _code(patch(finding.fix.diff).rstrip("\n"), _COLOR["good"])
    if finding.verification is not None:
        yield f"<div><i>Tried:</i> {_text(proof(finding.verification, '→'))}</div>"
    yield "</div>"


def _source(finding: Finding, color: str) -> Iterator[str]:
    window = source_around(finding.places[0]) if finding.places else []
    lines = [f"{'>' if line.marked else ' '} {line.number:>4}  {line.text}" for line in window]
    if lines:
        yield _code("\n".join(map(clean, lines)), color)


def _code(text: str, color: str) -> str:
    return f'<pre style="{_CODE.format(color)}">{escape(text)}</pre>'


def _symptom(symptom: Symptom, otherwise: str) -> str:
    causes = ", ".join(symptom.explained_by)
    told = f"explained by {causes}" if causes else otherwise
    return f"{_text(symptom.says)} ({_text(told)})"


def _folded(title: str, entries: list[str]) -> str:
    items = "".join(f"<li>{entry}</li>" for entry in entries)
    return f"<details><summary>{_text(title)}</summary><ul>{items}</ul></details>"


def _text(words: str) -> str:
    return escape(sentence(words))
