"""The report as GitHub's Markdown: a job summary, or a comment of a pull request.

The verdict, a table of the findings, the first of them in full with its diff, and the rest folded
away. Everything from the user's side is text: no markup, no HTML, no link and no mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from whytorch.records import Finding, Report
from whytorch.reports._text import sentence
from whytorch.reports._words import GRADE, counted, grouped, proof, run_parts, unexplained
from whytorch.reports.fixes_text import patch

DIFF_LINES = 60
NOT_JUDGED_REASONS = 12
_MARK = {"error": "❌ error", "warning": "⚠️ warning", "advice": "💡 advice"}
_ICON = {"nothing-found": "✅", "mistake": "❌", "not-judged": "❔"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~^$=-])")


def render(report: Report) -> str:
    """Blocks with an empty line between them; the verdict is the heading."""
    return "\n\n".join(_blocks(report)) + "\n"


def _blocks(report: Report) -> Iterator[str]:
    icon = _ICON.get(report.verdict.kind, "⚠️")
    yield f"## {icon} {text(report.verdict.headline)}"
    yield f"`whytorch` on {code(' '.join((report.script.path, *report.script.args)))}"
    if report.findings:
        yield "\n".join(_table(report.findings))
        yield from _first(report.findings[0])
    if report.symptoms:
        yield _folded(counted(len(report.symptoms), "symptom"), "\n".join(_symptoms(report)))
    yield from _measured(report)
    if report.not_judged:
        title = f"{counted(len(report.not_judged), 'check')} not judged"
        yield _folded(title, "\n".join(_not_judged(report)))


def _table(findings: tuple[Finding, ...]) -> Iterator[str]:
    yield "| | Mistake | Costs | How sure | Where |"
    yield "|---|---|---|---|---|"
    for number, finding in enumerate(findings, 1):
        where = code(str(finding.places[0]), in_table=True) if finding.places else ""
        grade = text(GRADE.get(finding.grade, finding.grade))
        title = f"{text(finding.title or finding.id)}<br>{code(finding.id, in_table=True)}"
        yield f"| {number} | {title} | {_MARK[finding.severity]} | {grade} | {where} |"


def _first(finding: Finding) -> Iterator[str]:
    yield f"**First to mend:** {text(finding.says)}"
    if finding.why:
        yield f"**Why it hurts:** {text(finding.why)}"
    if finding.fix is not None:
        yield f"**Change:** {text(finding.fix.says)}"
        if finding.fix.diff:
            yield _fenced(finding.fix.diff)
    if finding.verification is not None:
        yield f"**Tried:** {text(proof(finding.verification, '→'))}"


def _symptoms(report: Report) -> Iterator[str]:
    for symptom in report.symptoms:
        causes = ", ".join(code(id) for id in symptom.explained_by)
        told = f"explained by {causes}" if causes else unexplained(symptom, report)
        yield f"- {text(symptom.says)} ({told})"


def _measured(report: Report) -> Iterator[str]:
    if parts := list(run_parts(report, "→")):
        yield f"**Measured:** {text('; '.join(parts))}"
    if report.sound:
        yield f"**Sound:** {counted(len(report.sound), 'check')} looked and found nothing wrong"
    if report.run.time_lapse.shortened:
        yield f"**Shortened:** {text(report.run.time_lapse.says)}"


def _not_judged(report: Report) -> Iterator[str]:
    groups = grouped(report)
    for reason, ids in groups[:NOT_JUDGED_REASONS]:
        yield f"- {', '.join(map(code, ids))}: {text(reason)}"
    if more := sum(len(ids) for _, ids in groups[NOT_JUDGED_REASONS:]):
        yield f"- and {more} more"


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def text(words: str) -> str:
    """`words` on one line, shown letter by letter."""
    said = sentence(words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    said = _SPECIAL.sub(r"\\\1", said)
    # GitHub makes links of addresses and names without any markup around them.
    said = said.replace("://", "&#58;//").replace("www.", "www&#46;")
    return said.replace("@", "@<!-- -->")


def code(words: str, in_table: bool = False) -> str:
    """`words` on one line, as code."""
    said = sentence(words) or " "
    fence = _longer_than(said, 1)
    space = " " if said.startswith("`") or said.endswith("`") else ""
    if in_table:  # a table is cut into cells before code is looked for
        said = said.replace("|", "\\|")
    return f"{fence}{space}{said}{space}{fence}"


def _fenced(diff: str) -> str:
    lines = patch(diff).rstrip("\n").split("\n")
    shown = "\n".join(lines[:DIFF_LINES])
    fence = _longer_than(shown, 3)
    more = len(lines) - DIFF_LINES
    block = f"{fence}diff\n{shown}\n{fence}"
    return block + (f"\n\nand {counted(more, 'more line')}" if more > 0 else "")


def _longer_than(said: str, least: int) -> str:
    runs = (len(run) for run in re.findall("`+", said))
    return "`" * max(least, max(runs, default=0) + 1)
