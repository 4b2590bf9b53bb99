"""A value is changed where it is written: in the call, a constant, an option's default. Where no
file of the script holds it, the reason is told, and the file that does."""

from __future__ import annotations

from pathlib import Path

import pytest

from whytorch import catalog, fixes, script
from whytorch.evidence.source import read_source
from whytorch.records import Finding, Fix, Place

CHECKS = {check.id: check for check in catalog.load_catalog()}


def planned(folder: Path, text: str, line: str, says: str, path: str | None = None) -> Fix:
    """The repair of a batch size of 512 that is found at the line that holds `line`."""
    target = folder / "train.py"
    target.write_text(text)
    source = read_source(script.read(str(target)))
    number = next(n for n, t in enumerate(text.split("\n"), 1) if line in t)
    found = Finding(
        "too large", places=(Place(path or str(target), number),), measured={"batch_size": 512},
        fix=Fix(says), id="batch-size-too-large",
    )  # fmt: skip
    (made,) = fixes.planned([found], CHECKS, source)
    assert made.fix is not None
    return made.fix


HEAD = "import argparse, json, yaml\nfrom torch.utils.data import DataLoader\n"
SAYS = "write batch_size=32: 100 steps in the same epochs"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x = DataLoader(d, 512)  # all\n", "+x = DataLoader(d, 32)  # all"),
        ("x = DataLoader(d, batch_size = 512)\n", "+x = DataLoader(d, batch_size = 32)"),
        ("SIZE = 512  # at once\nx = DataLoader(d, SIZE)\n", "+SIZE = 32  # at once"),
        (
            "p = argparse.ArgumentParser()\np.add_argument('--b', type=int, default=512)\n"
            "args = p.parse_args()\nx = DataLoader(d, batch_size=args.b)\n",
            "+p.add_argument('--b', type=int, default=32)",
        ),
    ],
)
def test_it_is_changed_where_it_is_written(tmp_path: Path, text: str, wanted: str) -> None:
    fix = planned(tmp_path, HEAD + text, "DataLoader(d", SAYS)
    assert fix.diff is not None and wanted in fix.diff.split("\n")
    assert ("it is the default of an option" in fix.says) == ("add_argument" in text)


@pytest.mark.parametrize(
    ("name", "load", "held", "wanted"),
    [
        (
            "c.yaml",
            "yaml.safe_load",
            "batch: 512  # all\n",
            "c.yaml:1 holds it: write batch: 32",
        ),
        (
            "c.json",
            "json.load",
            '{\n "batch": 512,\n "lr": 1}',
            'c.json:2 holds it: write "batch": 32',
        ),
    ],
)
def test_a_file_of_settings_holds_it(
    tmp_path: Path, name: str, load: str, held: str, wanted: str
) -> None:
    (tmp_path / name).write_text(held)
    text = f"{HEAD}config = {load}(open({name!r}))\nx = DataLoader(d, batch_size=config['batch'])\n"
    fix = planned(tmp_path, text, "DataLoader(d", SAYS)
    assert fix.diff is None and not fix.edits
    assert "batch_size is given by `config['batch']`" in fix.refused and wanted in fix.refused
    assert (tmp_path / name).read_text() == held


def test_code_that_is_made_at_run_time_cannot_be_mended(tmp_path: Path) -> None:
    text = HEAD + "exec(compile('x = DataLoader(d, 512)', '<made>', 'exec'))\n"
    fix = planned(tmp_path, text, "exec", SAYS, path="<made>")
    assert fix.diff is None and "generated at run time" in fix.refused


def test_a_learning_rate_in_a_file_of_settings(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("train:\n  rate: 0.5\n  size: 8\n")
    target = tmp_path / "train.py"
    target.write_text(
        "import torch, yaml\ncfg = yaml.safe_load(open('c.yaml'))\n"
        "o = torch.optim.SGD(p, lr=cfg['train']['rate'])\n"
    )
    found = Finding(
        "too high", places=(Place(str(target), 3),), measured={"learning_rate": 0.5},
        fix=Fix("write lr=0.01 or lower"), id="learning-rate-too-high",
    )  # fmt: skip
    (made,) = fixes.planned([found], CHECKS, read_source(script.read(str(target))))
    assert made.fix is not None and made.fix.diff is None
    assert "c.yaml:2 holds it: write rate: 0.01 there" in made.fix.refused


@pytest.mark.parametrize("written", ["0.005 * 100", "0.5"])
def test_a_learning_rate_that_is_reckoned_in_the_call(tmp_path: Path, written: str) -> None:
    target = tmp_path / "train.py"
    target.write_text(f"import torch\no = torch.optim.SGD(p, lr={written})  # rate\n")
    found = Finding(
        "too high", places=(Place(str(target), 2),), measured={"learning_rate": 0.5},
        fix=Fix("write lr=0.01 or lower"), id="learning-rate-too-high",
    )  # fmt: skip
    (made,) = fixes.planned([found], CHECKS, read_source(script.read(str(target))))
    assert made.fix is not None and made.fix.diff is not None
    assert "+o = torch.optim.SGD(p, lr=0.01)  # rate" in made.fix.diff
