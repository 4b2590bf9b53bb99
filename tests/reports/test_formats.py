"""The formats of a diagnosis: each is whole, each says the same, and none obeys a hostile name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import junitparser
import pytest
import report_samples
from markdown_it import MarkdownIt
from msgspec.structs import replace

from whytorch.records import Fix, NotJudged, Place, Report, ScriptInfo, Symptom, Touched, Verdict
from whytorch.reports import FORMATS, render
from whytorch.reports.shown import shown

REPORTS = pytest.mark.parametrize("name", report_samples.ALL)
MISTAKE = report_samples.MISTAKE


@pytest.mark.parametrize("format", FORMATS)
@REPORTS
def test_every_format_tells_the_verdict_of_every_report(format: str, name: str) -> None:
    report = report_samples.ALL[name]
    text = render(report, format)
    assert text.endswith(("\n", "</html>"))
    shown = MarkdownIt().render(text) if format == "markdown" else text
    if format == "github" and report.verdict.kind == "mistake":
        assert report.findings[0].id in text
    else:
        assert report.verdict.headline.split(",")[0] in shown.replace("\n", " ")


def test_an_unknown_format() -> None:
    with pytest.raises(ValueError, match=r"called 'pdf'; there is terminal, json, html"):
        render(MISTAKE, "pdf")


# --- hostile names -----------------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>",
    "]]><x/>",
    "a\n::error::b",
    "::set-output name=x::y",
    "\x1b[31mred\x07\x00\x9b",
    "`code` | cell ![i](http://evil.example) @everyone [x](javascript:x)",
    "```\n# heading\n<img src=x onerror=alert(1)>",
    "&lt;b&gt; %0A::warning::",
    "\u202eevil\u2028line\ud800",
    "\" onmouseover=\"alert(1)' style='x",
)


def hostile(words: str) -> Report:
    """A report in which everything that comes from the user's side says `words`."""
    place = Place(f"{words}.py", 3, 3, 0, f"x = {words!r} {words}")
    diff = f"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n {words}\n-{words}\n+{words} 1\n".replace("\0", "")
    one_line = "\n".join(x for x in diff.split("\n") if not x or x[0] in " +-@")
    finding = replace(
        report_samples.MSE,
        says=words,
        title=words,
        why=words,
        places=(place, place),
        measured={words: words},
        fix=Fix(words, True, one_line, touched=(Touched(words, words, ""),)),
    )
    return replace(
        MISTAKE,
        script=ScriptInfo(words, (words,)),
        verdict=Verdict("mistake", words, finding.id),
        findings=(finding, replace(finding, severity="warning"), report_samples.AUGMENTATION),
        symptoms=(Symptom(finding.id, words, {words: words}, (), place),),
        not_judged=(NotJudged(words, "dead-relu"),),
        notes=(words,),
        saved=words,
    )


def _terminal(text: str, sound: str) -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", text)


def _json(text: str, sound: str) -> None:
    assert text.isascii()
    json.loads(text, parse_constant=lambda name: pytest.fail(name))


def _sarif(text: str, sound: str) -> None:
    _json(text, sound)
    validated(text)


def _github(text: str, sound: str) -> None:
    """As many commands as a report with plain names gives, and nothing beside them."""
    assert text.count("\n") == sound.count("\n")
    for line in text.splitlines():
        assert re.match(r"::(error|warning|notice) [^:]*::[^\r\n]*$", line)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)


def _markdown(text: str, sound: str) -> None:
    """No HTML, link, image, table cell or heading beside those of a report with plain names."""
    assert shape(text) == shape(sound)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2028]", text)
    for element in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        for part in element.children or ():
            if part.type == "text":  # GitHub looks for names and addresses here
                assert not re.search(r"@\w|www\.", part.content)


def _junit(text: str, sound: str) -> None:
    assert text.isascii()
    tags = [[e.tag for e in ElementTree.fromstring(xml).iter()] for xml in (text, sound)]
    assert tags[0] == tags[1]


def _html(text: str, sound: str) -> None:
    """The same elements and attributes as a report with plain names has; no more scripts."""
    seen, known = _Elements(text), _Elements(sound)
    assert seen.kinds <= known.kinds
    assert seen.scripts == known.scripts
    assert all(link.startswith(("#", "data:")) for link in seen.links)


class _Elements(HTMLParser):
    """Which elements with which attributes a page has, how many scripts, and where it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.kinds: set[tuple[str, tuple[str, ...]]] = set()
        self.scripts = 0
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = tuple(sorted(name for name, _ in attrs))
        assert not [name for name in names if name.startswith("on")]
        self.kinds.add((tag, names))
        self.scripts += tag == "script"
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def shape(text: str) -> list[Any]:
    elements = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    parts = [p for e in elements for p in (e, *(e.children or ()))]
    html = [p.content for p in parts if p.type.startswith("html_")]
    kept = [p.type for p in parts if p.type not in ("text", "softbreak", "html_inline")]
    return [kept, {x for x in html if x != "<!-- -->"}]


HARMLESS: dict[str, Callable[[str, str], None]] = {
    "terminal": _terminal,
    "json": _json,
    "html": _html,
    "sarif": _sarif,
    "github": _github,
    "markdown": _markdown,
    "junit": _junit,
}


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("format", FORMATS)
def test_hostile_names_are_text(format: str, words: str) -> None:
    assert format in HARMLESS, "say here what makes a report of this format harmless"
    HARMLESS[format](render(hostile(words), format), render(hostile("plain"), format))


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_text_in_a_notebook(words: str) -> None:
    tags = [
        [e.tag for e in ElementTree.fromstring(shown(hostile(w))._repr_html_()).iter()]
        for w in (words, "plain")
    ]
    assert tags[0] == tags[1]
    assert "<script" not in shown(hostile(words))._repr_html_()


# --- SARIF -------------------------------------------------------------------------------------


def validated(text: str) -> dict[str, Any]:
    model = pytest.importorskip("pydantic_sarif.model")  # made from the official schema
    log: dict[str, Any] = json.loads(text)
    model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate(log)
    return log


@REPORTS
def test_sarif_follows_the_schema(name: str) -> None:
    (run,) = validated(render(report_samples.ALL[name], "sarif"))["runs"]
    found = report_samples.ALL[name].findings
    assert [r["ruleId"] for r in run["results"]] == [f.id for f in found]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    (notice,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"] == report_samples.ALL[name].verdict.headline


def test_sarif_has_the_repair_as_replacements() -> None:
    touched = (Touched("/abs/train.py", "/abs/train.py", ""),)
    diff = "--- a/abs/train.py\n+++ b/abs/train.py\n@@ -2,3 +2,4 @@\n a\n+new\n b\n c\n"
    finding = replace(report_samples.MSE, fix=Fix("write it", True, diff, touched=touched))
    log = validated(render(replace(MISTAKE, findings=(finding,)), "sarif"))
    (fix,) = log["runs"][0]["results"][0]["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "file:///abs/train.py"}
    region = {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 1}
    inserted = {"text": "new\n"}
    assert change["replacements"] == [{"deletedRegion": region, "insertedContent": inserted}]


# --- JUnit -------------------------------------------------------------------------------------


def cases(report: Report) -> dict[str, junitparser.TestCase]:
    suites = junitparser.JUnitXml.fromstring(render(report, "junit").encode())
    (suite,) = suites
    found = {case.name: case for case in suite}
    assert suite.tests == len(found)
    for kind, count in (("Failure", suite.failures), ("Skipped", suite.skipped)):
        assert count == sum(isinstance(r, getattr(junitparser, kind))
                            for case in found.values() for r in case.result)  # fmt: skip
    return found


def test_junit_has_a_case_for_each_check() -> None:
    found = cases(MISTAKE)
    assert len(found) == 1 + 3 + 3 + 24
    failure = found["mse-on-class-labels"].result[0]
    assert isinstance(failure, junitparser.Failure)
    assert failure.type == "error" and failure.message == report_samples.MSE.says
    assert "train.py:14" in failure.text and "Why it hurts" in failure.text
    assert isinstance(found["unshuffled-training-data"].result[0], junitparser.Failure)
    assert found["missing-augmentation"].is_passed  # advice
    skipped = found["model-selected-on-test-set"].result[0]
    assert isinstance(skipped, junitparser.Skipped)
    assert skipped.message == "needs 2 evaluation passes; this run has 1"
    assert found["check-3"].is_passed
    assert found["verdict"].is_passed  # the findings fail already


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("unknown-cause", junitparser.Failure),
        ("expectation-unrealistic", junitparser.Failure),
        ("not-judged", junitparser.Skipped),
        ("nothing-found", None),
    ],
)
def test_junit_is_green_where_the_exit_code_is_zero(kind: Any, outcome: Any) -> None:
    verdict = cases(Report(ScriptInfo("a.py"), Verdict(kind, "so it is")))["verdict"]
    assert [type(r) for r in verdict.result if r._tag != "system-out"] == [outcome] * bool(outcome)


# --- Markdown ----------------------------------------------------------------------------------


def test_markdown_has_the_table_and_the_first_diff() -> None:
    diff = "--- a/t.py\n+++ b/t.py\n@@ -1 +1 @@\n-a\n+```b\n"
    first = replace(report_samples.MSE, fix=Fix("Write b.", True, diff))
    text = render(replace(MISTAKE, findings=(first, *MISTAKE.findings[1:])), "markdown")
    elements = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    assert [e.tag for e in elements].count("tr") == 2 * (1 + 3)  # opened and closed
    (fence,) = (e for e in elements if e.type == "fence")
    assert (fence.info, fence.content) == ("diff", diff)
    said = MarkdownIt().render(text)
    assert "mse_loss got whole class numbers 0 to 9" in said
    assert "3 checks not judged" in said and "2 symptoms" in said
