"""The benchmarks run, and count as they say: a wrong ruler is worse than none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture
def measure(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import measure

    return measure


def test_runs_take_turns(measure) -> None:
    order = [variant for _, variant in measure.interleave(("a", "b"), 3)]
    assert order == ["a", "b", "b", "a", "a", "b"]


def test_spread_is_half_the_quartile_distance(measure) -> None:
    assert measure.spread([9.0, 10.0, 10.0, 10.0, 11.0]) == 0.0
    assert measure.spread([8.0, 9.0, 10.0, 11.0, 12.0]) == pytest.approx(0.1)
    assert measure.spread([5.0]) == 0.0


def test_table_lines_up(measure) -> None:
    lines = measure.table(["variant", "s"], [["bare", "1.0"], ["recorded", "10.0"]]).splitlines()
    assert {len(line) for line in lines} == {len("recorded  10.0")}


def test_overhead_measures_both_variants(tmp_path: Path) -> None:
    output = tmp_path / "result.json"
    sizes = ["--network", "lenet", "--steps", "4", "--rounds", "1", "--batch", "8"]
    subprocess.run(
        [sys.executable, str(BENCHMARKS / "overhead.py"), *sizes, "--output", str(output)],
        check=True,
        stdout=subprocess.PIPE,
    )
    result = json.loads(output.read_text())["networks"]["lenet"]
    assert result["steps"] == 4 and result["batch"] == 8
    assert result["weights_identical"] is True
    assert result["record_bytes"] > 0
    assert isinstance(result["overhead"], float)
    assert isinstance(result["overhead_cpu_error"], float)


def test_overhead_is_of_all_turns_and_late_ones_are_those_behind_the_first_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import overhead

    def run(seconds: list[float]) -> list[dict[str, list[dict[str, float]]]]:
        return [{"turns": [{"cpu": s} for s in seconds], "size": overhead.LATE // 2}]

    runs = {"bare": run([1.0] * 6), "recorded": run([2.0, 2.0, 1.1, 1.1, 1.1, 1.1])}
    assert overhead.overhead(runs, "cpu")[0] == pytest.approx(0.4)
    assert overhead.overhead(runs, "late_cpu") == (pytest.approx(0.1), pytest.approx(0.0))
    assert overhead.overhead(runs, "cpu")[1] > 0.1


def test_check_speed_measures_every_variant(tmp_path: Path) -> None:
    output = tmp_path / "result.json"
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.py").write_text("import torch\n")
    sizes = ["--files", "3", "--rounds", "1", str(tree)]
    subprocess.run(
        [sys.executable, str(BENCHMARKS / "check_speed.py"), *sizes, "--output", str(output)],
        check=True,
        stdout=subprocess.PIPE,
    )
    result = json.loads(output.read_text())
    assert set(result["runs"]) == {
        "one file", "code", "code, parsed", "trainings", "trainings, parsed", str(tree),
    }  # fmt: skip
    assert result["runs"]["trainings"][0]["files"] == 3
    assert result["runs"]["trainings"][0]["findings"] == 0
    assert result["runs"][str(tree)][0]["files"] == 1
