"""The page as text: made of a saved run alone, without torch, and nothing in it is obeyed."""

from __future__ import annotations

import html.parser
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import report_samples
from msgspec.structs import replace

from whytorch import mending, pipeline, saved
from whytorch.fixes.apply import Patched, Repair
from whytorch.records import Finding, Fix, Place, Report, Verdict
from whytorch.reports import page, render
from whytorch.reports.page import build, excerpts, registry
from whytorch.reports.page.saved_run import _mended

LARGEST = 6_000_000  # bytes
HOSTILE = "</script><script>hacked()</script><img src=x onerror=hacked()>"


class Parsed(html.parser.HTMLParser):
    """The tags of a page, and the text that a person reads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.headings: list[int] = []
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag in ("script", "style"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="session")
def texts(runs: tuple[Path, Path]) -> list[str]:
    return [(run / saved.PAGE).read_text(encoding="utf-8") for run in runs]


def test_the_first_line_is_the_answer_and_the_first_thing_to_do_has_its_diff(
    runs: tuple[Path, Path], texts: list[str]
) -> None:
    report = saved.load(runs[0])
    parsed = Parsed(texts[0])
    assert report.findings[0].id == "missing-zero-grad"
    assert report.verdict.headline in parsed.text
    assert "Do this first" in parsed.text
    assert "optimizer.zero_grad()" in parsed.text.split("Findings")[0]
    assert "A repaired copy ran twice" in parsed.text
    assert [a["data-copy"] for a in parsed.all("button")][:2] == ["first-diff", "first-command"]


def test_a_right_script_has_nothing_to_be_done(texts: list[str]) -> None:
    parsed = Parsed(texts[1])
    assert "No mistake found" in parsed.text
    assert "Do this first" not in parsed.text
    assert not parsed.all("button")


def test_what_is_on_it(runs: tuple[Path, Path], texts: list[str]) -> None:
    report, parsed = saved.load(runs[0]), Parsed(texts[0])
    for finding in report.findings:
        assert finding.title in parsed.text
    for part in ("The network", "How this answer came about", "Environment", "how long"):
        assert part in parsed.text
    assert all(item.reason in parsed.text for item in report.not_judged)
    assert all(id in parsed.text for id in report.sound)
    assert "conv<b onclick=hacked()>" in parsed.text  # a layer, in the table


def test_every_picture_of_a_real_run_can_be_drawn(texts: list[str]) -> None:
    for text in texts:
        assert "could not be drawn" not in text
    drawn = set(re.findall(r'id="picture-(\w+)"', texts[0]))
    assert {
        "repaired", "loss_curve", "accuracy_curve", "gradient_map", "activation_map", "silent_map",
        "update_map", "batches_seen", "label_order", "confusion", "class_shares", "changes_tried",
    } <= drawn  # fmt: skip


def test_it_is_well_formed_for_those_who_do_not_see_it(texts: list[str]) -> None:
    for text in texts:
        parsed = Parsed(text)
        assert parsed.headings.count(1) == 1
        steps = zip(parsed.headings, parsed.headings[1:], strict=False)
        assert all(b - a <= 1 for a, b in steps), parsed.headings
        assert parsed.all("html")[0]["lang"] == "en"
        assert len(parsed.all("main")) == len(parsed.all("header")) == len(parsed.all("nav")) == 1
        assert all(image["alt"] for image in parsed.all("img"))
        plots = [a for a in parsed.all("div") if a.get("class") == "plot"]
        assert plots and all(len(a["aria-label"] or "") > 20 for a in plots)
        ids = [a["id"] for _, a in parsed.tags if a.get("id")]
        assert len(ids) == len(set(ids))
        targets = {(a.get("href") or "")[1:] for a in parsed.all("a")}
        assert targets <= set(ids)


def test_hostile_names_make_no_elements(texts: list[str]) -> None:
    for text in texts:
        parsed = Parsed(text)
        assert len(parsed.all("script")) == 3  # the charts, plotly, the page's own
        assert not any(a.get("src") == "x" or "onerror" in a for _, a in parsed.tags)
        assert not parsed.all("b")
    assert "hacked()" in Parsed(texts[0]).text  # they are there to be read


def test_it_names_nothing_outside_itself(texts: list[str]) -> None:
    for text in texts:
        for _, attrs in Parsed(text).tags:
            for name in ("src", "href", "action", "srcset"):
                assert (attrs.get(name) or "#").startswith(("#", "data:"))
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
        assert policy and "default-src 'none'" in policy[1]


def test_it_stays_small(texts: list[str]) -> None:
    assert max(len(text.encode()) for text in texts) < LARGEST


def test_a_moved_run_without_source_and_without_torch(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(runs[0], moved)
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from whytorch.cli import main\n"
        "sys.exit(main(['report', sys.argv[1], '--format', 'html', '--output', 'p.html', '-q']))"
    )
    words = [sys.executable, "-W", "error", "-c", code, str(moved / saved.PAGE)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    again = (tmp_path / "p.html").read_text(encoding="utf-8")
    before = (runs[0] / saved.PAGE).read_text(encoding="utf-8")
    assert again == before.replace(str(runs[0]), str(moved))


@pytest.mark.parametrize("name", report_samples.ALL)
def test_a_report_without_its_run(name: str) -> None:
    report = report_samples.ALL[name]
    parsed = Parsed(render(report, "html"))
    assert report.verdict.headline in parsed.text
    assert all(finding.says.rstrip(".") in parsed.text.replace("\u00a0", " ")
               or finding.says[1:].rstrip(".") in parsed.text
               for finding in report.findings)  # fmt: skip


def hostile() -> Report:
    place = Place(f"{HOSTILE}.py", 1, code=HOSTILE)
    finding = Finding(
        id="missing-zero-grad", title=HOSTILE, says=HOSTILE, why=HOSTILE, places=(place,),
        fix=Fix(HOSTILE, True, f"+{HOSTILE}\n"), rank=1,
    )  # fmt: skip
    return replace(
        report_samples.MISTAKE,
        verdict=Verdict("mistake", HOSTILE, "missing-zero-grad"),
        findings=(finding,),
        notes=(HOSTILE,),
        sound=(HOSTILE,),
    )


def test_hostile_texts_in_every_place() -> None:
    parsed = Parsed(render(hostile(), "html"))
    assert len(parsed.all("script")) == 3
    assert not parsed.all("img")
    assert parsed.text.count("hacked()") >= 12


def test_json_in_a_script_closes_nothing() -> None:
    text = build._json({"name": "</script><!--\u2028&"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"name": "</script><!--\u2028&"}


@pytest.mark.parametrize(
    ("headline", "word"),
    [
        ("Crash: x is float64: write x.float(), a.py:3", "Crash"),
        ("Cause unknown: it stands still", "Cause unknown"),
    ],
)
def test_a_crash_that_is_explained_is_no_unknown_cause(headline: str, word: str) -> None:
    told = replace(report_samples.NOTHING_FOUND, verdict=Verdict("unknown-cause", headline))
    assert build._kind(told) == word


def test_half_a_character_in_a_file_name() -> None:
    report = replace(report_samples.MISTAKE, notes=("caf\udce9.py",))
    assert "caf?.py" in render(report, "html")


def test_the_code_is_that_of_the_run_not_of_today(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("first = 1\nsecond = 2\n")
    place = Place(str(script), 2, code="second = 2")
    report = replace(hostile(), findings=(replace(hostile().findings[0], places=(place,)),))
    report = replace(report, saved=str(tmp_path))
    excerpts.keep(report, tmp_path)
    script.write_text("nothing\nof\nit\n")
    (lines,) = excerpts.excerpts(report).values()
    assert [(line.text, line.marked) for line in lines] == [
        ("first = 1", False),
        ("second = 2", True),
    ]


def test_places_near_each_other_are_shown_once() -> None:
    def lines(marked: int) -> tuple[excerpts.SourceLine, ...]:
        return tuple(excerpts.SourceLine(n, f"line {n}", n == marked) for n in range(1, 8))

    places = (Place("a.py", 4), Place("a.py", 5), Place("a.py", 90), Place("b.py", 5))
    known = {str(p): lines(p.line) for p in places}
    known["a.py:90"] = ()
    finding = Finding(says="", places=places)
    spots = build._spots(finding, known)
    assert [spot.where for spot in spots] == ["a.py:4 and 5", "a.py:90", "b.py:5"]
    assert [line.number for line in spots[0].lines if line.marked] == [4, 5]


def test_a_fault_in_one_picture_costs_that_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(report: Report) -> None:
        raise ZeroDivisionError("by design")

    bad = registry.Drawer("bad", "Bad", (), 0, fails, ((Report, False),))
    monkeypatch.setattr(registry, "drawers", lambda: (bad,))
    text = render(report_samples.MISTAKE, "html")
    assert "bad: ZeroDivisionError: by design" in text
    assert report_samples.MISTAKE.verdict.headline in text


def test_a_page_that_cannot_be_written_is_told_and_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(report: Report, folder: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(page, "keep", fails)
    report = pipeline.stored(report_samples.MISTAKE, tmp_path)
    assert report.notes[-1] == "The page could not be written: OSError: disk full"
    assert saved.load(tmp_path).notes == report.notes  # it is kept all the same


def test_the_terminal_names_the_page(tmp_path: Path) -> None:
    report = replace(report_samples.MISTAKE, saved=str(tmp_path))
    assert f"Saved       {tmp_path}\n" in render(report)
    page.keep(report, tmp_path)
    assert f"Saved       {tmp_path / 'report.html'}\n" in render(report)


def test_the_runs_that_tried_a_repair_are_told_apart(tmp_path: Path) -> None:
    def begin(patched: object, run: int, folder: Path) -> mending.Copy:
        folder.mkdir()
        step = {"index": 0, "loss": 1.5 if patched else 2.5, "loss_finite": True, "lr": 0.1}
        line = {"kind": "step", "key": "0", "data": {**step, "seconds": float(run)}}
        (folder / "record.jsonl").write_text(json.dumps(line) + "\n")
        return lambda: (report_samples.NOTHING_FOUND, 0.0)

    copies = mending.Copies(begin, tmp_path)
    copies.finding = "mse-on-class-labels"
    copies(Repair((Patched("t.py", tmp_path / "t.py", b"", b"x"),)), 0)
    copies(None, 1)
    copies.finding = "another"
    copies(None, 1)
    found = _mended(tmp_path, "mse-on-class-labels", ())
    assert [[step.loss for step in run] for run in found.before] == [[], [2.5]]
    assert [[step.loss for step in run] for run in found.after] == [[1.5]]
