"""The readers take any bytes: hypothesis', and those that are known to be hard."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from targets import PIECES, TARGETS, clean

RUN = Path(__file__).parent / "run.py"
PROGRAMS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join).map(str.encode)


@pytest.fixture(autouse=True, scope="module")
def as_for_users() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("WHYTORCH_RAISE", raising=False)
        yield
    clean()


@settings(max_examples=150)
@given(PROGRAMS | st.binary(max_size=400))
@example(b"")
@example(b"(" * 300)
@example(b"-" * 20_000 + b"1\n")
@example(b"x = " + b"a." * 5_000 + b"b\n")
@example(b"a = 1" + b" + 1" * 5_000 + b"\n")
@example(b"if x:\n pass\n" + b"elif x:\n pass\n" * 2_000)
def test_a_source(data: bytes) -> None:
    TARGETS["source"](data)


@settings(max_examples=60)
@given(PROGRAMS | st.binary(max_size=200))
@example(json.dumps({"cells": [{"cell_type": "code", "source": None}]}).encode())
@example(json.dumps({"cells": [[]] * 3, "nbformat": "4"}).encode())
@example(b"[" * 100_000)
def test_a_notebook(data: bytes) -> None:
    TARGETS["notebook"](data)


@settings(max_examples=60)
@given(st.binary(max_size=200))
@example(b"[" * 100_000)
@example(b'{"kind":"end","key":"","data":{"exit":' + b"[" * 600 + b"]" * 600 + b"}}")
@example(b'{"kind":"end","key":"\xac","data":{}}')  # no UTF-8: the fuzzer's
@example(b'{"kind":"distributed","key":"","data":{"world_size":2,"rank":0,"place":null,"pace":7}}')
@example(b'{"kind":"loader","key":"0","data":{"phases":7,"id":[]}}')
def test_records(data: bytes) -> None:
    TARGETS["record"](data)
    TARGETS["launch"](data)


@settings(max_examples=40)
@given(st.binary(max_size=100))
@example(b'{"x":' + b"[" * 100_000)
@example(b'{"\xac":[]}')
def test_a_saved_report(data: bytes) -> None:
    TARGETS["report"](data)


def test_an_input_can_be_tried_once(tmp_path: Path) -> None:
    (tmp_path / "crash-1").write_bytes(b"import torch\n")
    command = [sys.executable, str(RUN), "source", str(tmp_path / "crash-1")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
