"""The JSON report keeps its contract: every field, null for unknown, nothing JSON cannot say."""

from __future__ import annotations

import json
import math
from importlib import resources
from typing import Any

import jsonschema
import numpy as np
import pytest
import report_samples
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from whytorch.records import Finding, Metrics, Place, Report, RunSummary, ScriptInfo, Verdict
from whytorch.reports.json import plain, render

SCHEMA = json.loads(resources.files("whytorch.reports").joinpath("report.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def strictly(text: str) -> Any:
    """Parsed as a strict reader does: NaN and Infinity are no JSON."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", report_samples.ALL)
def test_a_report_keeps_the_contract(name: str) -> None:
    VALIDATOR.validate(strictly(render(report_samples.ALL[name])))


def test_an_empty_report_has_every_field() -> None:
    data = strictly(render(Report(ScriptInfo("a.py"), Verdict("not-judged", "nothing"))))
    VALIDATOR.validate(data)
    assert data["script"] == {"path": "a.py", "args": [], "sha256": None}
    assert data["tool"] == {"name": "whytorch", "version": None}
    assert data["findings"] == data["symptoms"] == data["experiments"] == data["not_judged"] == []
    assert data["run"]["metrics"].pop("per_class") == []
    assert set(data["run"]["metrics"].values()) == {None}
    assert set(data["seconds"].values()) == {None}


def test_a_finding_in_full() -> None:
    data = strictly(render(report_samples.MISTAKE))
    first, second, third = data["findings"]
    assert data["verdict"]["finding"] == first["id"] == "mse-on-class-labels"
    assert first["places"][0]["line"] == 14
    assert first["places"][1] == {
        "path": "train.py",
        "line": 5,
        "end_line": 5,
        "column": 0,
        "code": "criterion = nn.MSELoss()",
        "cell": None,
    }
    assert first["explains"] == ["loss-at-chance"]
    assert first["verification"] is None
    assert second["fix"] == {
        "safe": True,
        "says": "Pass shuffle=True to the DataLoader.",
        "diff": "-a\n+b\n",
        "code": None,
    }
    assert second["verification"]["kept"] is True
    assert third["fix"]["diff"] is None
    assert data["experiments"][0]["measured"] == {"best_lr": 0.01}
    assert data["run"]["printed"] == [{"line": "loss 28.4", "numbers": [28.4]}]
    assert data["run"]["metrics"]["eval_accuracy"] == 0.0998


@pytest.mark.parametrize("field", ["severity", "confidence", "places"])
def test_the_schema_refuses_a_finding_without(field: str) -> None:
    data = strictly(render(report_samples.MISTAKE))
    del data["findings"][0][field]
    with pytest.raises(jsonschema.ValidationError, match=field):
        VALIDATOR.validate(data)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("verdict", "kind"), "unsure"),
        (("run", "metrics", "eval_accuracy"), 97.3),
        (("findings", 0, "rank"), 0),
        (("findings", 0, "places", 0, "line"), 0),
        (("schema",), 2),
    ],
)
def test_the_schema_refuses_a_wrong_value(where: tuple[Any, ...], value: Any) -> None:
    data = strictly(render(report_samples.MISTAKE))
    inner = data
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(data)


def test_numbers_that_are_none_become_null() -> None:
    finding = Finding(
        "the loss is NaN",
        (Place("a.py", 3),),
        id="x",
        rank=1,
        measured={
            "nan": math.nan,
            "inf": [math.inf, -math.inf, 1.5],
            "numpy": np.float32("nan"),
            "array": np.array([1, 2]),
            "scalar": np.int64(7),
            "shape": (64, 3),
            3: "a key that is a number",
        },
    )
    report = replace(
        report_samples.NOTHING_FOUND,
        findings=(finding,),
        run=RunSummary(metrics=Metrics(first_loss=math.inf, last_loss=math.nan)),
    )
    data = strictly(render(report))
    VALIDATOR.validate(data)
    assert data["findings"][0]["measured"] == {
        "nan": None,
        "inf": [None, None, 1.5],
        "numpy": None,
        "array": [1, 2],
        "scalar": 7,
        "shape": [64, 3],
        "3": "a key that is a number",
    }
    assert data["run"]["metrics"]["first_loss"] is None
    assert data["run"]["metrics"]["last_loss"] is None


def test_a_file_name_that_is_no_utf8_can_be_written() -> None:
    report = Report(ScriptInfo("tr\udcffain.py"), Verdict("not-judged", "größer ✓"))
    text = render(report)
    assert text.isascii()
    data = json.loads(text)
    assert data["script"]["path"] == "tr?ain.py"
    assert data["verdict"]["headline"] == "größer ✓"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.builds(object),
    lambda inner: (
        st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_whatever_was_measured_can_be_written(value: object) -> None:
    strictly(json.dumps(plain(value), allow_nan=False))
