"""Scalars and findings of a saved run reach TensorBoard, and W&B and MLflow where installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import warm
from msgspec.structs import replace

from whytorch import saved, trackers
from whytorch.arguments import UsageError, parse
from whytorch.records import Report

BROKEN = Path(__file__).parent / "scripts" / "broken" / "digits_sgd_fast.py"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one saved run."""
    folder = tmp_path_factory.mktemp("run")
    report = replace(warm.diagnose(BROKEN, folder), saved=str(folder))
    script = replace(report.script, path=str(BROKEN))
    saved.store(replace(report, script=script), folder)
    (folder / saved.PAGE).write_text("<p>the page</p>")
    return folder


@pytest.fixture
def report(run: Path) -> Report:
    return saved.load(run)


def test_series_are_those_of_the_record(report: Report) -> None:
    logged = trackers.logged(report)
    assert logged.name == "digits_sgd_fast" and logged.page is not None
    losses = logged.series["loss"]
    assert len(losses) > 10 and losses[0][1] == report.run.metrics.first_loss
    assert [step for step, _ in losses] == sorted({step for step, _ in losses})
    assert logged.figures["errors"] == sum(f.severity == "error" for f in report.findings) > 0
    assert "learning-rate-too-high" in logged.text and logged.verdict == report.verdict.headline


def test_a_report_without_its_record_still_has_findings(report: Report) -> None:
    logged = trackers.logged(replace(report, saved=None))
    assert logged.series == {} and logged.figures["errors"] > 0 and logged.page is None


def test_tensorboard_by_the_command_line(run: Path, tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    made = subprocess.run(
        [sys.executable, "-m", "whytorch", "report", str(run), "--log-to", "tensorboard:logs"],
        cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "COLUMNS": "80"},
    )  # fmt: skip
    assert made.returncode == 1, made.stderr  # as without: something was found
    assert "tensorboard --logdir logs" in made.stderr
    events = accumulator.EventAccumulator(str(tmp_path / "logs" / "whytorch-digits_sgd_fast"))
    events.Reload()
    wanted = trackers.logged(saved.load(run))
    told = {e.step: e.value for e in events.Scalars("whytorch/loss")}
    assert told == pytest.approx(dict(wanted.series["loss"]), rel=1e-5)
    assert events.Scalars("whytorch of the run/errors")[0].value == wanted.figures["errors"]
    (text,) = events.Tensors("whytorch/findings")
    assert "learning-rate-too-high" in text.tensor_proto.string_val[0].decode()


def test_mlflow(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("GIT_PYTHON_REFRESH", "quiet")
    uri = (tmp_path / "tracked").as_uri()
    assert uri in trackers.send(report, f"mlflow:{uri}")
    client = mlflow.MlflowClient(uri)
    (run,) = client.search_runs([client.search_experiments()[0].experiment_id])
    history = client.get_metric_history(run.info.run_id, "whytorch/loss")
    assert [(m.step, m.value) for m in history] == list(trackers.logged(report).series["loss"])
    assert run.data.tags["whytorch.verdict"] == report.verdict.headline
    assert {a.path for a in client.list_artifacts(run.info.run_id)} == {
        "whytorch.md",
        "report.html",
    }


def test_wandb_offline(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.chdir(tmp_path)
    told = trackers.send(report, "wandb:mine")
    assert "offline-run" in told
    (kept,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    assert b"whytorch/verdict" in kept.read_bytes()


def test_what_is_not_installed_is_told_and_costs_no_answer(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from whytorch import cli

    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert cli.main(["report", str(run), "--log-to", "mlflow"]) == 1
    told = capsys.readouterr()
    assert "--log-to mlflow: mlflow needs the package mlflow: pip install mlflow" in told.err
    assert told.out.startswith("Most likely:")


def test_another_program_is_refused() -> None:
    with pytest.raises(UsageError, match="tensorboard, wandb, mlflow"):
        parse(["report", "x", "--log-to", "excel"])
    assert parse(["--log-to", "wandb", "train.py"]).log_to == ("wandb",)
