"""The trial scripts keep their conventions (tests/scripts/README.md), so that other tests may
rely on them. Whether whytorch finds the mistakes is tested elsewhere."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from expectations import MARKER, read

SCRIPTS = Path(__file__).parent / "scripts"
HEALTHY = sorted((SCRIPTS / "healthy").glob("*.py"))
HEALTHY += sorted((SCRIPTS / "healthy").glob("*/train.py"))
BROKEN = sorted((SCRIPTS / "broken").glob("*.py"))
MENDS: dict[str, list[list[str]]] = json.loads((SCRIPTS / "mends.json").read_text())

# The mistakes that the corpus must contain: those the first release names.
REQUIRED = [
    "unscaled-inputs",
    "train-test-normalization-mismatch",
    "mse-on-class-labels",
    "softmax-before-cross-entropy",
    "nll-without-log-softmax",
    "softmax-over-wrong-dimension",
    "target-encoding-mismatch",
    "labels-out-of-range",
    "missing-zero-grad",
    "zero-grad-before-step",
    "missing-optimizer-step",
    "missing-backward",
    "parameters-missing-from-optimizer",
    "frozen-parameters",
    "loss-cut-from-model",
    "unregistered-modules",
    "layer-created-in-forward",
    "flatten-size-mismatch",
    "channel-count-mismatch",
    "train-mode-not-restored",
    "evaluating-in-train-mode",
    "unshuffled-training-data",
    "learning-rate-too-high",
    "dead-relu",
    "poor-initialization",
    "no-held-out-evaluation",
    "evaluated-on-training-data",
    "metric-miscomputed",
    "batchnorm-on-tiny-batches",
    "in-place-op-breaks-gradient",
]


def mended(path: Path) -> str:
    """The text of a broken script with its mends applied."""
    text = path.read_text(encoding="utf-8")
    for old, new in MENDS[path.name]:
        assert old in text, f"{old!r} is not in the script"
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize("path", HEALTHY, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_healthy_script_expects_nothing_and_marks_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# expect: nothing\n")
    assert MARKER not in text


@pytest.mark.parametrize("path", BROKEN, ids=lambda p: p.name)
def test_a_broken_script_names_one_mistake_and_marks_its_lines(path: Path) -> None:
    expected = read(path)
    text = path.read_text(encoding="utf-8")
    assert re.match(r"# expect: [a-z]+(-[a-z]+)+\n", text)
    assert expected.id in REQUIRED
    assert expected.id not in expected.also
    assert 1 <= len(expected.lines) <= 4
    code = {n.lineno for n in ast.walk(ast.parse(text)) if isinstance(n, (ast.stmt, ast.expr))}
    assert expected.lines <= code, "a marker stands on a line where no statement begins"


@pytest.mark.parametrize("path", BROKEN, ids=lambda p: p.name)
def test_a_mended_script_is_whole_and_differs(path: Path) -> None:
    text = mended(path)
    ast.parse(text)
    assert text != path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", HEALTHY + BROKEN, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_shared_data_is_declared(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    uses = bool(re.search(r"\b(MNIST|CIFAR10|ImageFolder)\(|np\.load\(", text)) or "{data}" in text
    assert uses == ("\n# data: shared\n" in text)
    assert not re.search(r"/(work|tmp|root|home)/", text)


@pytest.mark.parametrize("path", BROKEN, ids=lambda p: p.name)
def test_a_broken_script_does_not_give_itself_away(path: Path) -> None:
    """Neither its name nor a comment in it says what is wrong."""
    expected = read(path)
    assert expected.id is not None
    body = path.read_text(encoding="utf-8").split("\n", 1)[1].replace(MARKER, "").lower()
    assert expected.id.replace("-", "_") not in path.stem
    for hint in ("bug", "mistake", "wrong", "forgot", "broken", "oops", "fixme", expected.id):
        assert not re.search(rf"\b{hint}\b", re.sub(r"(?m)^# also:.*$", "", body)), hint


def test_every_required_mistake_is_there_and_most_need_no_download() -> None:
    wanted = {read(p).id for p in BROKEN}
    assert wanted == set(REQUIRED)
    assert set(MENDS) == {p.name for p in BROKEN}
    assert len(BROKEN) >= 32 and len(HEALTHY) >= 14
    assert sum(not read(p).needs_data for p in BROKEN) * 2 >= len(BROKEN)
