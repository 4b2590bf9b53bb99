"""What a check found, in each format: text, JSON, SARIF (against its schema) and GitHub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from whytorch.catalog import find, load_catalog
from whytorch.records import Checked, Finding, Fix, Place, Unread
from whytorch.reports import render_check, sarif

PLACE = Place("src/train me.py", 7, 8, 4, "    loss.backward(")
FINDING = Finding(
    says="each step uses the sum: 100% of it, always",
    places=(PLACE, Place("src/train me.py", 3)),
    severity="error",
    grade="suspected",
    confidence=0.9,
    explains=("loss-oscillates",),
    fix=Fix("write optimizer.zero_grad()"),
    id="missing-zero-grad",
    area="training loop",
    title="Gradients of earlier batches are never cleared",
    rank=1,
)
IN_CELL = replace(FINDING, places=(Place("n.ipynb", 2, 2, 0, "x", cell=3),), severity="advice")
WARNING = replace(FINDING, places=(Place("a.py", 1, 1, 2, "y"),), severity="warning", fix=None)
UNREAD = (Unread("b.py", "invalid syntax", Place("b.py", 3)), Unread("c.py", "it is binary"))
CHECKED = Checked((FINDING, IN_CELL, WARNING), files=4, unread=UNREAD, seconds=0.25)


def test_text() -> None:
    assert render_check(CHECKED) == (
        "src/train me.py:7:5: error missing-zero-grad: each step uses the sum: 100% of it, always\n"
        "    write optimizer.zero_grad()\n"
        "n.ipynb:cell 3:2:1: advice missing-zero-grad: each step uses the sum: 100% of it, always\n"
        "    write optimizer.zero_grad()\n"
        "a.py:1:3: warning missing-zero-grad: each step uses the sum: 100% of it, always\n"
        "b.py:3: not read: invalid syntax\n"
        "c.py: not read: it is binary\n"
        "\n"
        "Found 1 error, 1 warning, 1 advice in 4 files; 2 not read.\n"
    )


def test_text_that_a_terminal_would_obey() -> None:
    evil = replace(FINDING, says="\x1b[31mred\nline", places=(Place("a\x1b.py", 1),))
    assert "\x1b" not in render_check(Checked((evil,), files=1))
    assert render_check(Checked((evil,), files=1), quiet=True).count("\n") == 2


def test_json() -> None:
    told = json.loads(render_check(CHECKED, "json"))
    assert set(told) == {"schema", "tool", "files", "findings", "unread", "seconds"}
    assert (told["schema"], told["files"], told["seconds"]) == (1, 4, 0.25)
    first, second, _ = told["findings"]
    assert first["id"] == "missing-zero-grad" and first["grade"] == "suspected"
    assert first["places"][0] == {
        "path": "src/train me.py",
        "line": 7,
        "end_line": 8,
        "column": 4,
        "code": "    loss.backward(",
        "cell": None,
    }
    assert second["places"][0]["cell"] == 3
    assert [one["place"] and one["place"]["line"] for one in told["unread"]] == [3, None]


def test_the_findings_in_json_follow_the_schema_of_the_report() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    path = Path(sarif.__file__).with_name("report.schema.json")
    schema = json.loads(path.read_text(encoding="utf-8"))
    part = {"$defs": schema["$defs"], "$ref": "#/$defs/finding"}
    for finding in json.loads(render_check(CHECKED, "json"))["findings"]:
        jsonschema.validate(finding, part)


class TestSarif:
    def log(self, checked: Checked = CHECKED) -> dict[str, Any]:
        rules = [check for check in load_catalog() if check.suspect]
        return json.loads(sarif.render(checked, rules, cwd="/tmp/a b"))

    @pytest.mark.parametrize("checked", [CHECKED, Checked()], ids=["findings", "none"])
    def test_it_follows_the_schema(self, checked: Checked) -> None:
        model = pytest.importorskip("pydantic_sarif.model")  # made from the official schema
        kind = model.StaticAnalysisResultsFormatSarifVersion210JsonSchema
        kind.model_validate(self.log(checked))
        broken = self.log(CHECKED)
        broken["runs"][0]["results"][0]["level"] = "deadly"
        with pytest.raises(ValueError, match="level"):
            kind.model_validate(broken)

    def test_results(self) -> None:
        (run,) = self.log()["runs"]
        first, second, third = run["results"]
        assert [r["level"] for r in run["results"]] == ["error", "note", "warning"]
        location = first["locations"][0]["physicalLocation"]
        assert location["artifactLocation"] == {
            "uri": "src/train%20me.py",
            "uriBaseId": "%SRCROOT%",
        }
        assert location["region"]["startLine"] == 7
        assert location["region"]["startColumn"] == 5
        assert run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == "file:///tmp/a%20b/"
        assert len(first["relatedLocations"]) == 1
        rules = run["tool"]["driver"]["rules"]
        assert rules[first["ruleIndex"]]["id"] == first["ruleId"] == "missing-zero-grad"
        assert "region" not in second["locations"][0]["physicalLocation"]
        assert second["message"]["text"].startswith("cell 3, line 2: ")
        assert "relatedLocations" not in third

    def test_rules_tell_what_the_check_says(self) -> None:
        rules = self.log()["runs"][0]["tool"]["driver"]["rules"]
        rule = next(rule for rule in rules if rule["id"] == "missing-zero-grad")
        assert find("missing-zero-grad").first_paragraph("How to fix it").split()[0] in str(rule)
        assert "zero_grad" in rule["help"]["text"] and "```python" in rule["help"]["markdown"]

    def test_help_has_an_address_where_the_package_names_its_documentation(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sarif, "documentation", lambda: "https://example.org/docs/")
        rule = self.log()["runs"][0]["tool"]["driver"]["rules"][0]
        assert rule["helpUri"] == f"https://example.org/docs/mistakes/{rule['id']}"

    def test_a_fingerprint_outlives_moved_lines(self) -> None:
        def prints(*findings: Finding) -> list[str]:
            run = self.log(Checked(findings, files=1))["runs"][0]
            return [r["partialFingerprints"]["whytorch/v1"] for r in run["results"]]

        moved = replace(FINDING, places=(replace(PLACE, line=70, end_line=71),))
        other = replace(FINDING, places=(replace(PLACE, code="total.backward()"),))
        assert prints(FINDING) == prints(moved)
        assert len(set(prints(FINDING, moved, other))) == 3  # the second of two equal lines

    def test_what_could_not_be_read(self) -> None:
        (run,) = self.log()["runs"]
        first, second = run["invocations"][0]["toolExecutionNotifications"]
        assert first["locations"][0]["physicalLocation"]["region"]["startLine"] == 3
        assert "it is binary" in second["message"]["text"]

    def test_a_path_outside_of_the_working_directory(self) -> None:
        outside = replace(FINDING, places=(Place("/elsewhere/x.py", 1),))
        result = self.log(Checked((outside,), files=1))["runs"][0]["results"][0]
        artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert artifact == {"uri": "file:///elsewhere/x.py"}


def test_github() -> None:
    lines = render_check(CHECKED, "github").splitlines()
    title = "title=whytorch missing-zero-grad%3A Gradients of earlier batches are never cleared"
    assert lines == [
        f"::error file=src/train me.py,line=7,endLine=8,{title}::"
        "each step uses the sum: 100%25 of it, always%0Awrite optimizer.zero_grad()",
        f"::notice file=n.ipynb,{title}::cell 3, line 2: "
        "each step uses the sum: 100%25 of it, always%0Awrite optimizer.zero_grad()",
        f"::warning file=a.py,line=1,col=3,{title}::each step uses the sum: 100%25 of it, always",
        "::warning file=b.py,line=3,title=whytorch%3A not read::invalid syntax",
        "::warning file=c.py,line=1,title=whytorch%3A not read::it is binary",
    ]


def test_github_escapes_what_separates() -> None:
    odd = replace(FINDING, places=(Place("a,b:c%.py", 1),), title="x::y,z")
    (line,) = render_check(Checked((odd,), files=1), "github").splitlines()
    assert "file=a%2Cb%3Ac%25.py,line=1," in line and "x%3A%3Ay%2Cz::" in line


def test_an_unknown_format() -> None:
    with pytest.raises(ValueError, match="text, json, sarif, github"):
        render_check(CHECKED, "html")
