"""`whytorch check`: source only, whatever it is given; text, exit codes, comments and settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from command_line import LOOP, RIGHT, SOFTMAX, Check, write

from whytorch import cli, scan

pytestmark = pytest.mark.usefixtures("here")


class TestAnswers:
    def test_a_finding(self, check: Check) -> None:
        write("train.py")
        code, out, err = check("train.py")
        assert (code, err) == (1, "")
        first, fix, empty, count = out.splitlines()
        assert first.startswith("train.py:7:5: error missing-zero-grad: nothing in this loop")
        assert fix == "    write optimizer.zero_grad() right before loss.backward()"
        assert (empty, count) == ("", "Found 1 error in 1 file.")

    def test_nothing_found(self, check: Check) -> None:
        write("train.py", RIGHT)
        assert check("train.py") == (0, "Nothing found in 1 file.\n", "")

    def test_quiet(self, check: Check) -> None:
        write("train.py", RIGHT)
        write("bad.py")
        assert check("train.py", "--quiet") == (0, "", "")
        code, out, _ = check("-q", "bad.py")
        assert code == 1 and "Found" not in out

    @pytest.mark.parametrize("path", [".", "empty", "notes.txt"])
    def test_no_python_at_all(self, path: str, check: Check) -> None:
        Path("empty").mkdir()
        Path("notes.txt").write_text("words")
        code, out, _ = check(path)
        assert code == 3
        assert out.splitlines()[-1].startswith("Nothing could be judged")

    def test_what_does_not_exist(self, check: Check) -> None:
        write("train.py", RIGHT)
        code, out, _ = check("gone.py", "train.py")
        assert code == 0
        assert out.splitlines()[0] == "gone.py: not read: there is no such file or folder"
        assert out.splitlines()[-1] == "Nothing found in 1 file; 1 not read."
        assert check("gone.py")[0] == 3

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            ([], "at least one file or folder"),
            (["a.py", "--budget", "3s"], "takes no option --budget"),
            (["a.py", "--format", "html"], "there is text, json, sarif, github"),
            (["a.py", "--select", "missing-zero-grat"], "did you mean missing-zero-grad"),
        ],
    )
    def test_wrong_usage(self, words: list[str], says: str, check: Check) -> None:
        code, out, err = check(*words)
        assert (code, out) == (2, "")
        assert says in err

    def test_only_a_check_knows_its_options(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["--format", "text", "train.py"]) == 2
        assert "there is terminal, json" in capsys.readouterr().err
        assert cli.main(["--force-exclude", "train.py"]) == 2

    def test_select_and_ignore(self, check: Check) -> None:
        write("train.py", SOFTMAX)
        ids = {"missing-zero-grad", "softmax-before-cross-entropy"}
        assert {f.id for f in scan.check(["train.py"]).findings} == ids
        assert {f.id for f in scan.check(["train.py"], select=[min(ids)]).findings} == {min(ids)}
        assert {f.id for f in scan.check(["train.py"], ignore=[min(ids)]).findings} == {max(ids)}

    def test_output_goes_to_a_file(self, check: Check) -> None:
        write("train.py")
        code, out, _ = check("train.py", "--format", "json", "--output", "r.json")
        assert code == 1
        assert out == "Found 1 error in 1 file.\nThe report is in r.json\n"
        assert json.loads(Path("r.json").read_text())["findings"][0]["id"] == "missing-zero-grad"


class TestTrees:
    def test_folders_are_walked_and_some_are_not(self, check: Check) -> None:
        for path in ("pkg/a.py", "pkg/deep/b.py", "c.py"):
            write(path)
        for path in (".hidden/x.py", "venv/x.py", "build/x.py", "pkg/__pycache__/x.py", ".x.py"):
            write(path)
        for path in ("node_modules/x.py", ".git/x.py", "mine/pyvenv.cfg", "mine/x.py", "x.txt"):
            write(path)
        found = [f.places[0].path for f in scan.check(["."]).findings]
        assert found == ["c.py", "pkg/a.py", "pkg/deep/b.py"]
        assert [f.places[0].path for f in scan.check(["pkg"]).findings] == found[1:]
        assert [f.places[0].path for f in scan.check([str(Path.cwd() / "pkg")]).findings] == [
            str(Path.cwd() / "pkg/a.py"),
            str(Path.cwd() / "pkg/deep/b.py"),
        ]

    def test_each_file_once(self) -> None:
        write("pkg/a.py")
        checked = scan.check(["pkg", "pkg/a.py", "."])
        assert (checked.files, len(checked.findings)) == (1, 1)

    def test_links_that_lead_back(self) -> None:
        write("pkg/a.py")
        Path("pkg/again").symlink_to(Path("pkg").resolve(), target_is_directory=True)
        Path("pkg/broken.py").symlink_to("nowhere.py")
        assert scan.check(["pkg"]).files == 1

    def test_links_to_files(self) -> None:
        write("pkg/a.py")
        write("other/b.py")
        Path("pkg/again.py").symlink_to(Path("pkg/a.py").resolve())
        Path("pkg/other.py").symlink_to(Path("other/b.py").resolve())
        assert scan.check(["pkg", "other"]).files == 2

    def test_a_folder_that_cannot_be_listed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        write("pkg/a.py")
        write("pkg/shut/b.py")
        listed = os.scandir

        def refuse(folder: str) -> object:
            if folder.endswith("shut"):
                raise PermissionError(13, "Permission denied")
            return listed(folder)

        monkeypatch.setattr(os, "scandir", refuse)
        checked = scan.check(["pkg"])
        assert checked.files == 1
        assert [(one.path, one.reason) for one in checked.unread] == [
            ("pkg/shut", "Permission denied")
        ]

    def test_large_files_are_left_out(self) -> None:
        write("large.py", LOOP + "x = 1\n" * 200_000)
        assert scan.check(["."]).files == 0

    def test_one_broken_file_does_not_stop_the_rest(self, check: Check) -> None:
        write("a.py", "import torch\nprint 'python 2'\n")
        write("b.py", b"import torch\n\0\0")
        write("c.py", "# -*- coding: latin-1 -*-\n# \xe4 torch\n".encode("latin-1"))
        write("d.py", b"import torch\n# \xff\xfe\n")
        write("e.py", "import torch\nx = " + "(" * 3000 + ")" * 3000)
        write("f.py", b"\xef\xbb\xbf" + LOOP.encode())
        write("g.py", "import torch\nx = " + "-" * 20_000 + "1")
        write("h.py", "import torch\nx = " + "+".join(["y"] * 20_000))
        write("i.py", b"# torch\r\n" + LOOP.replace("\n", "\r\n").encode())
        code, out, _ = check(".")
        assert code == 1
        lines = out.splitlines()
        assert [line for line in lines if line.startswith("f.py:7:5: error")]
        assert [line for line in lines if line.startswith("i.py:8:5: error")]
        assert [line for line in lines if line.startswith("a.py:2: not read: ")]
        for name in ("b.py", "d.py", "e.py"):
            assert [line for line in lines if line.startswith(name) and "not read" in line], name

    def test_a_model_in_another_file(self) -> None:
        write(
            "nets/model.py",
            "from torch import nn\n\n\nclass Net(nn.Module):\n"
            "    def __init__(self):\n        super().__init__()\n"
            "        self.fc = nn.Linear(4, 2)\n\n"
            "    def forward(self, x):\n        return self.fc(x).softmax(1)\n",
        )
        write(
            "train.py",
            "import torch\nfrom nets.model import Net\n\nnet = Net()\n"
            "loss = torch.nn.functional.cross_entropy(net(x), y)\n",
        )
        (found,) = scan.check(["train.py"]).findings
        assert str(found.places[0]) == "nets/model.py:10"
        assert str(found.places[1]) == "train.py:5"
        assert len(scan.check(["."]).findings) == 1


class TestRepairs:
    def test_what_the_source_proves_is_mended_in_json_and_sarif(self, check: Check) -> None:
        write("a.py", LOOP)
        _, out, _ = check("a.py", "--format", "json")
        fix = json.loads(out)["findings"][0]["fix"]
        assert "optimizer.zero_grad()" in fix["diff"] and fix["safe"] is True
        _, out, _ = check("a.py", "--format", "sarif")
        (result,) = json.loads(out)["runs"][0]["results"]
        (made,) = result["fixes"][0]["artifactChanges"]
        assert made["artifactLocation"]["uri"] == "a.py"
        assert "zero_grad()" in made["replacements"][0]["insertedContent"]["text"]

    def test_what_is_not_on_disk_yet(self) -> None:
        path = str(Path("a.py").absolute())
        write(path, "import torch\n")
        (found,) = scan.check([path], texts={path: LOOP.encode()}).findings
        assert found.fix is not None and found.fix.diff
        assert Path(path).read_text() == "import torch\n"


HEAVY = ("torch", "torchvision", "numpy", "rich", "yaml", "asyncio")


@pytest.mark.parametrize("format", ["text", "json", "sarif", "github"])
def test_nothing_heavy_is_imported(format: str) -> None:
    write("a.py")
    code = (
        "import sys\n"
        f"for name in {HEAVY!r}:\n    sys.modules[name] = None\n"
        "from whytorch.cli import main\n"
        f"code = main(['check', 'a.py', '--format', {format!r}, '--output', 'out.txt'])\n"
        f"assert not any(sys.modules.get(name) for name in {HEAVY!r})\n"
        "sys.exit(code)\n"
    )
    environment = {**os.environ, "WHYTORCH_RAISE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")


def test_a_real_tree_has_nothing_to_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """torchvision: models, losses, transforms, training steps, and none of the mistakes."""
    torchvision = pytest.importorskip("torchvision")
    monkeypatch.setenv("WHYTORCH_RAISE", "1")
    checked = scan.check([os.path.dirname(torchvision.__file__)])
    assert checked.files > 100
    assert checked.unread == ()
    assert [(f.id, str(f.places[0])) for f in checked.findings] == []


def test_what_python_says_of_the_style_is_not_repeated(tmp_path: Path) -> None:
    """Python warns at every compilation; `check` compiles what it reads, and what it repairs."""
    text = (
        "import torch\nfrom torch import nn\n"
        "model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.Softmax(dim=1))\n"
        "criterion = nn.CrossEntropyLoss()\n"
        "for name, p in model.named_parameters():\n"
        '    if name is "1.weight":\n'
        "        p.requires_grad = False\n"
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "for x, y in [(torch.rand(8, 1, 2, 2), torch.zeros(8).long())]:\n"
        "    optimizer.zero_grad()\n"
        "    criterion(model(x), y).backward()\n"
        "    optimizer.step()\n"
    )
    (tmp_path / "train.py").write_text(text)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = scan.check([tmp_path / "train.py"]).findings
    assert any(f.fix is not None and f.fix.edits for f in found), "something was repaired"
    assert [str(w.message) for w in told] == []
