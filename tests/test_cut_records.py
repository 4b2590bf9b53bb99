"""A record that was cut, or whose bytes were changed, is judged by what is left of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import warm
from hypothesis import given, settings
from hypothesis import strategies as st

from whytorch import catalog, pipeline
from whytorch.evidence import reading
from whytorch.evidence.rehearsal import Rehearsed
from whytorch.records import Report

BROKEN = Path(__file__).parent / "scripts" / "broken" / "digits_sgd_fast.py"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return warm.rehearse(BROKEN, tmp_path_factory.mktemp("run")).record


@pytest.fixture(autouse=True, scope="module")
def as_for_users() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("WHYTORCH_RAISE")
        yield


def judged(record: bytes, folder: Path) -> Report:
    path = folder / "record.jsonl"
    path.write_bytes(record)
    evidence = reading.read_evidence(Rehearsed(path, -9, None, 1.0, ""))
    return pipeline.judge(evidence, catalog.load_catalog())


def test_the_whole_one_is_judged(whole: Path, tmp_path: Path) -> None:
    assert judged(whole.read_bytes(), tmp_path).verdict.kind == "mistake"


def test_cut_anywhere(whole: Path, tmp_path: Path) -> None:
    record = whole.read_bytes()
    kinds = {judged(record[: len(record) * n // 40], tmp_path).run.exit for n in range(40)}
    assert kinds == {"killed"}  # nobody wrote how it ended


@settings(max_examples=80)
@given(data=st.data())
def test_a_line_of_nonsense_takes_no_other_with_it(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, data: Any
) -> None:
    """Valid JSON of another shape, as another version might write, or a disk that failed."""
    lines = whole.read_bytes().splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    kind = json.loads(lines[at])["kind"]
    value = data.draw(
        st.recursive(
            st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=5),
            lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
            max_leaves=5,
        )
    )
    lines[at] = json.dumps({"kind": kind, "key": "", "data": value}).encode()
    judged(b"\n".join(lines), tmp_path_factory.mktemp("changed"))
