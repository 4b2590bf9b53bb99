"""`whytorch fix`: what it prints, what it writes, and what it leaves alone."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from whytorch import cli, pipeline
from whytorch.records import (
    Finding,
    Fix,
    InsertBefore,
    Place,
    Report,
    ScriptInfo,
    SetArgument,
    Touched,
    Verdict,
    Verification,
)

TEXT = "for x in xs:\n\tloss.backward()\n\topt.step()\nopt = Adam(p, lr=1.0)\n"
KEPT = Verification("test accuracy", True, 0.1, 0.9, 0.01, 2, True)


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "train.py"
    path.write_text(TEXT)
    return path


def finding(path: Path, id: str, *edits: Any, unsafe: str = "", **more: Any) -> Finding:
    touched = Touched("train.py", str(path), hashlib.sha256(TEXT.encode()).hexdigest())
    fix = Fix(
        f"mend {id}", safe=not unsafe, unsafe=unsafe, diff=f"--- a\n+++ b\n+{id}\n",
        edits=edits, touched=(touched,),
    )  # fmt: skip
    return Finding("says", id=id, title=id, rank=1, fix=fix, **more)


@pytest.fixture
def diagnosed(script: Path, monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """A diagnosis that comes to these findings, to be filled in by the test."""
    found: list[Finding] = []

    def diagnose(*args: Any, **kwargs: Any) -> Report:
        return Report(ScriptInfo("train.py"), Verdict("mistake", "Most likely: x"), tuple(found))

    monkeypatch.setattr(pipeline, "diagnose", diagnose)
    found += [
        finding(
            script, "missing-zero-grad",
            InsertBefore(Place("train.py", 2), code="opt.zero_grad()"), verification=KEPT,
        ),
        finding(
            script, "learning-rate-too-high",
            SetArgument(Place("train.py", 4), callee="Adam", name="lr", value="0.001", position=1),
            unsafe="another rate changes every training",
        ),
    ]  # fmt: skip
    return found


MENDED = TEXT.replace("\tloss", "\topt.zero_grad()\n\tloss")


def test_it_prints_and_writes_nothing(diagnosed: Any, script: Path, capsys: Any) -> None:
    diagnosed.append(replace(diagnosed[1], fix=Fix("collect more\nlabels", refused="a notebook")))
    assert cli.main(["fix", "train.py", "--lr", "1"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("# Most likely: x\n\n# 1. missing-zero-grad (missing-zero-grad)\n")
    assert "#    it kept its promise, twice; safe\n--- a\n+++ b\n+missing-zero-grad\n" in said
    assert "not tried on a copy; not safe: another rate changes every training" in said
    assert "# To be mended by hand:" in said and "(no diff: a notebook)" in said
    assert script.read_text() == TEXT


def test_it_writes_what_is_safe_and_kept_its_promise(
    diagnosed: Any, script: Path, capsys: Any
) -> None:
    assert cli.main(["fix", "--write", "train.py"]) == 1  # something is left
    assert script.read_text() == MENDED
    said = capsys.readouterr().out
    assert "mended: missing-zero-grad" in said and "+\topt.zero_grad()\n" in said
    assert "left out: learning-rate-too-high: another rate changes every training" in said


def test_it_writes_all_where_it_is_asked_to(diagnosed: Any, script: Path) -> None:
    assert cli.main(["fix", "--write", "--unsafe-fixes", "train.py"]) == 0
    assert script.read_text() == MENDED.replace("lr=1.0", "lr=0.001")


def test_what_broke_its_promise_is_never_written(diagnosed: Any, script: Path, capsys: Any) -> None:
    broken = replace(KEPT, kept=False)
    diagnosed[:] = [replace(diagnosed[0], verification=broken)]
    assert cli.main(["fix", "--write", "--unsafe-fixes", "train.py"]) == 1
    assert script.read_text() == TEXT and "nothing was written" in capsys.readouterr().out


def test_two_fixes_of_one_line(diagnosed: Any, script: Path, capsys: Any) -> None:
    diagnosed.append(replace(diagnosed[1], id="learning-rate-too-low"))
    other = SetArgument(Place("train.py", 4), callee="Adam", name="lr", value="3", position=1)
    diagnosed[2] = replace(diagnosed[2], fix=replace(diagnosed[2].fix, edits=(other,)))
    assert cli.main(["fix", "--write", "--unsafe-fixes", "train.py"]) == 1
    assert "lr=0.001" in script.read_text()
    said = capsys.readouterr().out
    assert "left out: learning-rate-too-low: train.py:4: another fix changes the same" in said


def test_a_file_that_changed_meanwhile(diagnosed: Any, script: Path, capsys: Any) -> None:
    script.write_text("# new\n" + TEXT)
    assert cli.main(["fix", "--write", "--unsafe-fixes", "train.py"]) != 0
    assert script.read_text() == "# new\n" + TEXT


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--write", "train.py"], "only whytorch fix knows --write"),
        (["fix", "--unsafe-fixes", "train.py"], "--unsafe-fixes goes with --write"),
        (["fix", "--no-fix", "train.py"], "whytorch fix takes no option --no-fix"),
        (["fix"], "which script"),
    ],
)
def test_wrong_usage(words: list[str], says: str, capsys: Any) -> None:
    assert cli.main(words) == 2
    assert says in capsys.readouterr().err


def test_a_script_that_is_called_fix(script: Path) -> None:
    from whytorch.arguments import parse

    assert parse(["--", "fix"]).action == "diagnose"
    command = parse(["fix", "--budget", "9s", "-m", "pkg.train", "--write"])
    assert (command.target, command.module, command.args) == ("pkg.train", True, ("--write",))
