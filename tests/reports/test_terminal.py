"""The report for a person: the answer first, nothing too wide, nothing obeyed.

WHYTORCH_UPDATE_GOLDEN=1 writes the golden files anew; read the difference before you commit it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import report_samples
from msgspec.structs import replace
from rich.cells import cell_len

from whytorch.records import (
    Finding,
    Fix,
    NotJudged,
    Place,
    Report,
    ScriptInfo,
    Symptom,
    TimeLapse,
    Verdict,
)
from whytorch.reports._diff_lines import in_sight
from whytorch.reports.terminal import render

GOLDEN = Path(__file__).parent / "golden"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def _beside_the_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "train.py").write_text(report_samples.TRAIN_PY)
    monkeypatch.chdir(tmp_path)


def golden(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("WHYTORCH_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def with_finding(**fields: object) -> Report:
    return replace(
        report_samples.MISTAKE, findings=(replace(report_samples.MSE, **fields),), symptoms=()
    )


@pytest.mark.parametrize("name", report_samples.ALL)
def test_golden(name: str) -> None:
    golden(name, render(report_samples.ALL[name], width=80, color=False))


def test_golden_in_ascii() -> None:
    text = render(report_samples.MISTAKE, width=60, color=False, encoding="ascii")
    assert text.isascii()
    golden("mistake-ascii", text)


@pytest.mark.parametrize("name", report_samples.ALL)
@pytest.mark.parametrize("width", [1, 40, 80, 100, 500])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp437", "unheard-of"])
def test_every_line_but_the_first_and_the_path_fits(name: str, width: int, encoding: str) -> None:
    report = report_samples.ALL[name]
    first, *lines = render(report, width=width, color=False, encoding=encoding).splitlines()
    assert first == report.verdict.headline
    for line in lines:
        assert cell_len(line) <= max(40, min(width, 100)) or line.startswith("Saved"), line
        assert line == line.rstrip()


@pytest.mark.parametrize("name", report_samples.ALL)
def test_colour_changes_nothing_but_colour(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    report = report_samples.ALL[name]
    plain = render(report, width=80, color=False)
    assert "\x1b" not in plain
    coloured = render(report, width=80, color=True)
    assert coloured != plain
    assert ANSI.sub("", coloured) == plain
    # Only the caller decides: it has looked at the stream and at these already.
    monkeypatch.setenv("NO_COLOR", "1")
    assert render(report, width=80, color=True) == coloured
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "44")
    assert render(report, width=80, color=False) == plain


def test_findings_come_in_the_order_of_the_report() -> None:
    text = render(report_samples.MISTAKE, width=80, color=False)
    titles = [finding.title for finding in report_samples.MISTAKE.findings]
    assert sorted(titles, key=text.index) == titles


def test_a_pass_at_every_step_is_called_no_epoch() -> None:
    """Two networks in turn, and no loader that says where an epoch ends."""
    report = report_samples.NOTHING_FOUND
    epochs = replace(report.run, steps=1200, epochs=30)
    assert "1200 steps in 30 epochs" in render(replace(report, run=epochs), width=80, color=False)
    turns = replace(report.run, steps=1200, epochs=2400)
    text = render(replace(report, run=turns), width=80, color=False)
    assert "1200 steps" in text
    assert "epoch" not in text


def test_advice_is_shorter_than_an_error() -> None:
    as_error = render(with_finding(severity="error"), width=80, color=False)
    as_advice = render(with_finding(severity="advice"), width=80, color=False)
    assert "Why it hurts" in as_error
    assert "Why it hurts" not in as_advice
    assert "train.py:14" in as_advice
    assert len(as_advice.splitlines()) <= len(as_error.splitlines()) - 7


def test_the_sixth_finding_is_told_in_short() -> None:
    findings = tuple(replace(report_samples.MSE, id=f"mistake-{i}") for i in range(8))
    text = render(replace(report_samples.MISTAKE, findings=findings), width=80, color=False)
    assert text.count("Why it hurts") == 5
    assert text.count("Change") == 8


def test_why_is_two_lines_of_whole_sentences() -> None:
    why = "One sentence that takes a good half of what there is room for in here. " * 5
    lines = render(with_finding(why=why), width=80, color=False).splitlines()
    start = next(i for i, line in enumerate(lines) if "Why it hurts" in line)
    assert "Change" in lines[start + 2]
    assert lines[start + 1].endswith(".")


def test_a_single_long_sentence_is_cut() -> None:
    lines = render(with_finding(why="on and on " * 50), width=80, color=False).splitlines()
    start = next(i for i, line in enumerate(lines) if "Why it hurts" in line)
    assert "Change" in lines[start + 2]
    assert lines[start + 1].endswith("…")


class TestSource:
    def test_the_line_is_marked_in_its_surroundings(self) -> None:
        text = render(with_finding(), width=80, color=False)
        assert "│ > 14  loss = criterion(outputs.argmax(1), labels) " in text
        assert "│   12  outputs = model(images)" in text
        assert text.count("│ >") == 1

    def test_every_line_of_a_statement_is_marked(self) -> None:
        text = render(with_finding(places=(Place("train.py", 9, 11),)), width=80, color=False)
        assert [line[5:9] for line in text.splitlines() if line.startswith("   │ >")] == [
            ">  9",
            "> 10",
            "> 11",
        ]

    def test_a_file_that_is_gone_leaves_the_recorded_line(self) -> None:
        Path("train.py").unlink()
        text = render(with_finding(), width=80, color=False)
        assert "│ > 14  loss = criterion(outputs.argmax(1), labels) " in text
        assert "optimizer.step()" not in text

    def test_a_file_that_has_changed_since_is_not_shown(self) -> None:
        Path("train.py").write_text("print('another script')\n" * 30)
        text = render(with_finding(), width=80, color=False)
        assert "another script" not in text
        assert "│ > 14  loss = criterion(outputs.argmax(1), labels) " in text

    def test_nothing_to_show_still_names_the_place(self) -> None:
        text = render(with_finding(places=(Place("gone.py", 14),)), width=80, color=False)
        assert "Where         gone.py:14" in text
        assert "│" not in text

    @pytest.mark.parametrize("path", ["/dev/zero", ".", "\0", "a" * 5000])
    def test_a_path_that_is_no_file(self, path: str) -> None:
        assert "loss = criterion" in render(
            with_finding(places=(replace(report_samples.MSE.places[0], path=path),)),
            width=80,
            color=False,
        )

    def test_lines_are_counted_as_python_counts_them(self) -> None:
        Path("train.py").write_bytes(b"a = 1\x0c\r\nb = '\xff\x85\x1c'\rc = 3\n")
        text = render(with_finding(places=(Place("train.py", 3),)), width=80, color=False)
        assert "> 3  c = 3" in text


HOSTILE = "[red]x[/red] \x1b[31m \x1b]0;title\x07 \r\n\t \u202e \u2028 \ud800 :boom: " + "w" * 5000


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("color", [True, False])
def test_hostile_text_is_shown_and_not_obeyed(color: bool, encoding: str) -> None:
    Path("train.py").write_text(f"x = 1\n{HOSTILE}\ny = 2\n", encoding="utf-8", errors="replace")
    finding = Finding(
        says=HOSTILE,
        places=(Place("train.py", 2), Place(HOSTILE, 3, code=HOSTILE)),
        id=HOSTILE,
        title=HOSTILE,
        why=HOSTILE,
        fix=Fix(HOSTILE),
    )
    report = Report(
        script=ScriptInfo(HOSTILE),
        verdict=Verdict("mistake", HOSTILE),
        findings=(finding, replace(finding, severity="advice")),
        symptoms=(Symptom(HOSTILE, HOSTILE, {}, (HOSTILE,)),),
        not_judged=(NotJudged(HOSTILE, HOSTILE),) * 5,
        sound=(HOSTILE,),
        notes=(HOSTILE,) * 20,
        saved=HOSTILE,
    )
    text = render(report, width=80, color=color, encoding=encoding)
    text.encode(encoding)
    shown = ANSI.sub("", text) if color else text
    assert all(character.isprintable() for character in shown.replace("\n", ""))
    assert r"[red]x[/red] \x1b[31m" in shown.splitlines()[0]
    assert ":boom:" in shown
    assert len(text) < 80_000


def test_wide_characters_are_counted_in_cells() -> None:
    Path("train.py").write_text("x = '" + "数据" * 80 + "'\n", encoding="utf-8")
    report = with_finding(says="训练数据没有打乱" * 20, places=(Place("train.py", 1),))
    lines = render(report, width=60, color=False).splitlines()
    assert max(cell_len(line) for line in lines) == 60


class TestNotJudged:
    def test_reasons_are_grouped_largest_first(self) -> None:
        text = render(report_samples.MISTAKE, width=100, color=False)
        many = text.index("frozen-batchnorm-drifts, batchnorm-on-tiny-batches: no BatchNorm")
        assert many < text.index("model-selected-on-test-set: needs 2")

    def test_no_more_than_eight_lines_and_a_count(self) -> None:
        text = render(report_samples.NOT_JUDGED, width=80, color=False)
        start = text.index("Not judged")
        lines = text[start : text.index("Note")].splitlines()
        assert lines[0] == "Not judged  30 checks"
        assert len(lines) == 1 + 8 + 1
        assert lines[-1].strip() == "and 18 more checks, for other reasons"


def test_a_symptom_names_its_cause_by_number() -> None:
    symptoms = (
        Symptom("loss-at-chance", "loss at chance", {}, ("missing-augmentation",)),
        Symptom("slow", "slow", {}, ()),
    )
    text = render(replace(report_samples.MISTAKE, symptoms=symptoms), width=80, color=False)
    assert "- loss at chance (loss-at-chance: explained by 3 above)" in text
    assert "- slow (slow: no cause found)" in text


def test_what_a_cut_alone_may_show_is_called_early() -> None:
    """The verdict has left it aside: 500 of 25,000 steps at a low rate are still at chance."""
    early = "- it is (loss-at-chance: too early to tell in a shortened run)"
    for sample in (report_samples.NOTHING_FOUND, report_samples.MISTAKE):
        run = replace(sample.run, time_lapse=TimeLapse(shortened=True, says="to keep within 60 s"))
        report = replace(sample, symptoms=(Symptom("loss-at-chance", "it is", {}, ()),), run=run)
        assert early in render(report, width=90, color=False)
        whole = replace(report, run=replace(run, time_lapse=TimeLapse(False, "")))
        assert early not in render(whole, width=90, color=False)


def test_a_crash_that_is_explained_is_not_called_without_a_cause() -> None:
    told = Verdict("unknown-cause", "Crash: x is float64: write x.float(), train.py:3")
    symptoms = (Symptom("crash", "it ended", {}, ()),)
    report = replace(report_samples.NOTHING_FOUND, symptoms=symptoms, verdict=told)
    text = render(report, width=90, color=False)
    assert "- it ended (crash: the first line says what to do)" in text


def test_few_sound_checks_are_named() -> None:
    report = replace(report_samples.NOTHING_FOUND, sound=("dead-relu", "missing-backward"))
    assert "Sound       dead-relu, missing-backward\n" in render(report, width=80, color=False)


def test_the_path_of_the_saved_run_stays_whole() -> None:
    saved = "some where/" + "deep/" * 40 + "run"
    report = replace(report_samples.NOTHING_FOUND, saved=saved)
    assert f"Saved       {saved}\n" in render(report, width=40, color=False)


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["-a = f(1)", "+a = f(2)"], ["-a = f(1)", "+a = f(2)"]),
        (
            ["-    return torch.sqrt(((one - other) ** 2).sum(-1))",
             "+    return torch.sqrt(((one - other) ** 2).sum(-1).clamp(min=1e-12))"],
            ["-…r) ** 2).sum(-1))", "+…r) ** 2).sum(-1).clamp(min=1e-12))"],
        ),
        (["+a line of its own, which is a long one"], ["+a line of its own, which is a long one"]),
        (["-one that goes, which is a long one", "-two", "+one that goes, which is short"],
         ["-one that goes, which is a long one", "-two", "+one that goes, which is short"]),
    ],
)  # fmt: skip
def test_what_differs_is_in_sight(lines: list[str], shown: list[str]) -> None:
    assert in_sight(lines, 30, "…") == shown
