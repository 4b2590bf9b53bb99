"""The report for a person in front of a terminal. The first line is the answer.

Then each mistake in the order in which to mend them, what it explains, and how the answer came
about. Everything that comes from the user's side (messages, source, paths) is text to show and
never markup or an escape sequence to obey.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import NamedTuple

from rich.box import ASCII, ROUNDED, Box
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from whytorch import saved
from whytorch.records import Finding, Report, Symptom
from whytorch.reports._diff_lines import in_sight
from whytorch.reports._text import (
    clean,
    encodable,
    first_lines,
    fit,
    fix_command,
    sentence,
    source_around,
)
from whytorch.reports._words import GRADE, counted, grouped, proof, run_parts, unexplained

NARROWEST, WIDEST = 40, 100
IN_FULL = 5  # findings with source and reason; the rest are told in short
EXPERIMENTS = 8  # that are shown
NOT_JUDGED_LINES = 8
NOTES = 10
DIFF_LINES = 8
INDENT = 3

SEVERITY_STYLE = {"error": "bold red", "warning": "bold yellow", "advice": "cyan"}
VERDICT_STYLE = {"mistake": "bold red", "nothing-found": "bold green"}


class Glyphs(NamedTuple):
    """The characters that not every terminal can show."""

    arrow: str
    ellipsis: str
    box: Box


FINE = Glyphs("→", "…", ROUNDED)
PLAIN = Glyphs("->", "...", ASCII)


def render(report: Report, *, width: int = 80, color: bool = False, encoding: str = "utf-8") -> str:
    """The report as lines of at most `width` cells (the first, the answer, is never broken)."""
    return _Page(report, width, color, encoding).text()


class _Page:
    def __init__(self, report: Report, width: int, color: bool, encoding: str) -> None:
        self.report = report
        self.width = max(NARROWEST, min(width, WIDEST))
        self.encoding = encoding
        self.glyphs = FINE if encodable("→…╭╮╰╯─│", encoding) else PLAIN
        self.numbers = {finding.id: i for i, finding in enumerate(report.findings, start=1)}
        self.out = io.StringIO()
        # Everything is said here, so that no variable of the environment changes a report.
        self.console = Console(
            file=self.out,
            width=self.width,
            height=25,
            force_terminal=color,
            color_system="standard" if color else None,
            no_color=not color,
            legacy_windows=False,
            force_jupyter=False,  # else it prints into the notebook by itself
            markup=False,
            highlight=False,
            emoji=False,
        )

    def text(self) -> str:
        verdict = self.report.verdict
        headline = Text(self.said(verdict.headline), VERDICT_STYLE.get(verdict.kind, "bold yellow"))
        self.console.print(headline, soft_wrap=True)
        for number, finding in enumerate(self.report.findings, start=1):
            in_full = finding.severity != "advice" and number <= IN_FULL
            self.finding(number, finding, in_full)
        self.symptoms()
        self.experiments()
        self.blank()
        self.measured()
        self.sound()
        self.not_judged()
        self.end()
        return self.out.getvalue()

    # --- lines -----------------------------------------------------------------------------

    def said(self, text: str) -> str:
        return sentence(text, self.encoding)

    def blank(self) -> None:
        self.console.print()

    def wrapped(self, text: str, width: int) -> list[str]:
        return [line.plain.rstrip() for line in Text(text).wrap(self.console, max(10, width))]

    def paragraph(
        self,
        text: str,
        *,
        label: str = "",
        indent: int = 0,
        hang: int = 0,
        style: str = "",
        label_style: str = "dim",
    ) -> None:
        """`text` between `indent` and the right edge, behind `label` in a column of `hang`."""
        for line in self.wrapped(self.said(text), self.width - indent - hang):
            row = Text(" " * indent).append(label.ljust(hang), label_style).append(line, style)
            self.console.print(row, no_wrap=True, overflow="ignore", crop=False)
            label = ""

    def aside(self, label: str, text: str) -> None:
        """One entry of the page's foot."""
        self.paragraph(text, label=label, hang=12)

    # --- findings --------------------------------------------------------------------------

    def finding(self, number: int, finding: Finding, in_full: bool) -> None:
        self.blank()
        self.paragraph(
            finding.title or finding.id,
            label=f"{number}.",
            hang=INDENT,
            label_style="bold",
            style=SEVERITY_STYLE.get(finding.severity, ""),
        )
        grade = GRADE.get(finding.grade, finding.grade)
        where = "" if in_full or not finding.places else f", {finding.places[0]}"
        self.paragraph(f"{finding.severity}, {grade}{where}", indent=INDENT, style="dim")
        self.paragraph(finding.says, indent=INDENT)
        if in_full:
            self.frame(finding)
            self.labelled("Why it hurts", finding.why, lines=2)
        if finding.fix is not None:
            self.labelled("Change", finding.fix.says, lines=8 if in_full else 2)
            if in_full and finding.fix.diff:
                self.diff(finding.fix.diff)
            elif in_full and finding.fix.code:
                self.code(finding.fix.code)
        if finding.verification is not None:
            self.labelled("Tried", proof(finding.verification, self.glyphs.arrow), lines=3)

    def labelled(self, label: str, text: str, lines: int) -> None:
        hang = 14
        inner = self.width - INDENT - hang
        if text := self.said(text):
            cut = first_lines(
                text, lines, lambda part: self.wrapped(part, inner), self.glyphs.ellipsis
            )
            self.paragraph(cut, label=label, indent=INDENT, hang=hang, label_style="bold")

    def frame(self, finding: Finding) -> None:
        """The lines of source where to look, the place itself marked."""
        if not finding.places:
            return
        place, *others = finding.places
        inner = self.width - INDENT - 4
        window = source_around(place)
        digits = len(str(window[-1].number)) if window else 0
        body = Text()
        for number, source, marked in window:
            line = f"{'>' if marked else ' '} {number:>{digits}}  {clean(source, self.encoding)}"
            body.append(fit(line, inner, self.glyphs.ellipsis) + "\n", "bold" if marked else "dim")
        body.rstrip()
        where = self.said(str(place))
        if body:
            title = Text(fit(where, inner - 4, self.glyphs.ellipsis))
            panel = Panel(body, box=self.glyphs.box, title=title, title_align="left", style="")
            self.console.print(Padding(panel, (0, 0, 0, INDENT)))
        else:
            self.labelled("Where", where, lines=2)
        if others:
            self.labelled("Also at", _listed([str(other) for other in others], 3), lines=2)

    def diff(self, diff: str) -> None:
        """The lines that go and come; all of it is in the JSON report and in `whytorch fix`."""
        changed = [x for x in diff.split("\n") if x[:1] in "+-" and x[:3] not in ("+++", "---")]
        changed = [x for x in changed if x]
        indent = " " * (INDENT + 14)
        room = self.width - len(indent)
        told = [clean(line, self.encoding) for line in changed[:DIFF_LINES]]
        for line in in_sight(told, room, self.glyphs.ellipsis):
            shown = fit(line, room, self.glyphs.ellipsis)
            self.console.print(Text(indent).append(shown, "green" if line[0] == "+" else "red"))
        if len(changed) > DIFF_LINES:
            self.paragraph(f"and {len(changed) - DIFF_LINES} more lines", indent=len(indent))

    def code(self, code: str) -> None:
        """What a person may paste, a line a line."""
        indent = " " * (INDENT + 14)
        for line in code.split("\n")[:DIFF_LINES]:
            shown = fit(clean(line, self.encoding), self.width - len(indent), self.glyphs.ellipsis)
            self.console.print(Text(indent).append(shown, "cyan"))

    # --- around them -----------------------------------------------------------------------

    def symptoms(self) -> None:
        if not self.report.symptoms:
            return
        self.blank()
        self.paragraph("Symptoms", style="bold")
        for symptom in self.report.symptoms:
            text = f"{symptom.says} ({self.explained(symptom)})"
            self.paragraph(text, label="-", indent=INDENT, hang=2)

    def experiments(self) -> None:
        """What the lab tried and what came out, two lines each."""
        if not self.report.experiments:
            return
        self.blank()
        self.paragraph("Experiments", style="bold")
        inner = self.width - INDENT - 2
        for made in self.report.experiments[:EXPERIMENTS]:
            text = self.said(f"{made.id.replace('_', ' ')}: {made.says}")
            cut = first_lines(text, 2, lambda part: self.wrapped(part, inner), self.glyphs.ellipsis)
            self.paragraph(cut, label="-", indent=INDENT, hang=2)
        more = len(self.report.experiments) - EXPERIMENTS
        if more > 0:
            self.paragraph(f"and {more} more, all in the JSON report", indent=INDENT + 2)

    def explained(self, symptom: Symptom) -> str:
        if not symptom.explained_by:
            return f"{symptom.id}: {unexplained(symptom, self.report)}"
        causes = [str(self.numbers.get(id, id)) for id in symptom.explained_by]
        return f"{symptom.id}: explained by {' and '.join(causes)} above"

    def measured(self) -> None:
        parts = list(run_parts(self.report, self.glyphs.arrow))
        if parts:
            self.aside("Measured", "; ".join(parts))

    def sound(self) -> None:
        sound = self.report.sound
        if len(sound) > 3:
            self.aside("Sound", f"{len(sound)} checks looked and found nothing wrong")
        elif sound:
            self.aside("Sound", ", ".join(sound))

    def not_judged(self) -> None:
        """Why checks were not judged: one entry a reason, the reasons of most checks first."""
        left = grouped(self.report)
        if not left:
            return
        self.aside("Not judged", counted(len(self.report.not_judged), "check"))
        room = NOT_JUDGED_LINES
        while left:
            reason, ids = left[0]
            text = self.said(f"{_listed(ids, 3)}: {reason}")
            lines = self.wrapped(text, self.width - 14)
            if len(lines) > 2:
                lines = [lines[0], fit(" ".join(lines[1:]), self.width - 14, self.glyphs.ellipsis)]
            if len(lines) > room:
                break
            room -= len(lines)
            self.paragraph(" ".join(lines), label="-", indent=12, hang=2)
            del left[0]
        if left:
            more = sum(len(ids) for _, ids in left)
            self.paragraph(f"and {counted(more, 'more check')}, for other reasons", indent=14)

    def end(self) -> None:
        report = self.report
        if report.run.time_lapse.shortened:
            self.aside("Shortened", report.run.time_lapse.says or "parts of the run were left out")
        notes = list(dict.fromkeys(report.notes))
        for note in notes[:NOTES]:
            self.aside("Note", note)
        if len(notes) > NOTES:
            self.aside("Note", f"and {len(notes) - NOTES} more notes")
        if any(f.fix is not None and f.fix.diff for f in report.findings):
            self.aside("Mend it", f"{fix_command(report)}, or look at it first, without --write")
        if report.saved is not None:
            # Unbroken: a path is there to be copied.
            where = saved.shown(report.saved)
            line = Text("Saved".ljust(12), "dim").append(self.said(where), "default")
            self.console.print(line, soft_wrap=True)
        if took := _took(report):
            self.aside("Time", took)


def _took(report: Report) -> str:
    seconds = report.seconds
    rooms = (
        ("source", seconds.source),
        ("rehearsal", seconds.rehearsal),
        ("lab", seconds.lab),
        ("verify", seconds.verify),
    )
    parts = ", ".join(f"{name} {value:.1f}" for name, value in rooms if value is not None)
    if seconds.total is None:
        return f"{parts} s" if parts else ""
    return f"{seconds.total:.1f} s" + (f" ({parts})" if parts else "")


def _listed(names: Iterable[str], most: int) -> str:
    shown = list(names)
    more = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {more} more" if more > 0 else "")
