"""What other programs run: shell completion, the hook of pre-commit, the GitHub action."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from whytorch import arguments, catalog, cli, completion

ROOT = Path(__file__).resolve().parent.parent
BROKEN = """\
import torch
from torch import nn, optim

model = nn.Linear(2, 2)
optimizer = optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
"""


# --- completion --------------------------------------------------------------------------------


def in_bash(folder: Path, *words: str) -> set[str]:
    """What bash offers for the last of `words`."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash")
    script = completion.render("bash") + (
        'COMP_WORDS=(whytorch "$@"); COMP_CWORD=$#; _whytorch; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        [bash, "-uc", script, "bash", *words],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return set(done.stdout.split())


def test_bash(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("")
    assert {"check", "watch", "compare", "train.py"} <= in_bash(tmp_path, "")
    assert in_bash(tmp_path, "--bud") == {"--budget"}
    assert in_bash(tmp_path, "--format", "ju") == {"junit"}
    assert in_bash(tmp_path, "explain", "missing-zero") == {"missing-zero-grad"}
    assert in_bash(tmp_path, "completion", "") == set(completion.SHELLS)
    assert in_bash(tmp_path, "train.py", "") == set()  # bash offers files then


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_shell_knows_all(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    words = set(re.findall(r"[\w-]+", capsys.readouterr().out))
    assert set(arguments.COMMANDS) | set(arguments.RUNNING) <= words
    assert {check.id for check in catalog.load_catalog()} <= words
    known = {*arguments.VALUES, *arguments.FLAGS}
    assert {name.lstrip("-") for name in known} <= {word.lstrip("-") for word in words}
    if program := shutil.which(shell):
        text = completion.render(shell)
        subprocess.run([program, "-n"], input=text, text=True, check=True)


def test_another_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", "cmd"]) == 2
    assert "bash, zsh, fish" in capsys.readouterr().err


# --- pre-commit and GitHub ---------------------------------------------------------------------


def loaded(name: str) -> Any:
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def run(command: list[str], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **more}, capture_output=True, text=True, check=False
    )


def test_the_hook_of_pre_commit(tmp_path: Path) -> None:
    (hook,) = loaded(".pre-commit-hooks.yaml")
    (tmp_path / "train.py").write_text(BROKEN)
    program, *words = hook["entry"].split()
    assert (program, hook["language"]) == ("whytorch", "python")
    done = run([sys.executable, "-m", program, *words, "train.py"], tmp_path)
    assert done.returncode == 1 and "train.py:8:5: error missing-zero-grad" in done.stdout


@pytest.mark.parametrize(
    ("inputs", "code", "says"),
    [
        ({}, 1, "::error file=train.py,line=8,col=5"),
        ({"PATHS": "a b\n\nsound.py\n"}, 0, ""),
        ({"IGNORE": "missing-zero-grad"}, 0, ""),
        ({"PATHS": "$(touch evil); train.py"}, 3, "not read"),
        ({"OUTPUT": "out.sarif", "FORMAT": "sarif"}, 1, "out.sarif"),
    ],
)
def test_the_github_action(tmp_path: Path, inputs: dict[str, str], code: int, says: str) -> None:
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    action = loaded("action.yml")
    *_, step = action["runs"]["steps"]
    assert "${{" not in step["run"]  # inputs are data
    defaults = {name.upper(): value["default"] for name, value in action["inputs"].items()}
    assert set(step["env"]) == set(defaults)
    (tmp_path / "train.py").write_text(BROKEN)
    (tmp_path / "sound.py").write_text("import torch\n")
    (tmp_path / "a b").mkdir()
    done = run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c",
         step["run"].replace("python -m", f"'{sys.executable}' -m")],
        tmp_path, **{**defaults, **inputs},
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert says in done.stdout + done.stderr
    assert not (tmp_path / "evil").exists()
