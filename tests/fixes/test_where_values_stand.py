"""A value is changed where it is written: in the call, a constant, an option's default. Where no
file of the script holds it, the file of settings that does is changed, or told."""

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


CONFIGURED = "config = load(open({name!r}))\nx = DataLoader(d, batch_size=config['batch'])\n"


@pytest.mark.parametrize(
    ("name", "held", "wanted"),
    [
        ("c.yaml", "# batch: 7\nbatch: 512  # all\n", "# batch: 7\nbatch: 32  # all\n"),
        ("c.yml", "train: {batch: 512, lr: 1}\r\n", "train: {batch: 32, lr: 1}\r\n"),
        ("c.json", '{\n "batch": 512,\n "lr": 1}', '{\n "batch": 32,\n "lr": 1}'),
        ("c.json", '{"minibatch": 1, "batch": 512}', '{"minibatch": 1, "batch": 32}'),
        ("c.toml", "[train]\nbatch = 512\n", "[train]\nbatch = 32\n"),
    ],
)
def test_a_file_of_settings_holds_it(tmp_path: Path, name: str, held: str, wanted: str) -> None:
    (tmp_path / name).write_bytes(held.encode())
    fix = planned(tmp_path, HEAD + CONFIGURED.format(name=name), "DataLoader(d", SAYS)
    assert "holds it, changed there" in fix.says
    assert not fix.safe and "other" in fix.unsafe
    made = fixes.repair([fix.edits], lambda shown: tmp_path / shown)
    assert [file.after.decode() for file in made.files] == [wanted]
    assert (tmp_path / name).read_bytes() == held.encode()


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ("a:\n  batch: 512\nb:\n  batch: 8\n", ""),  # which of them?
        ("batch: auto\n", "c.yaml:1 holds it: write batch: 32"),  # no number
        ("rate: 1\n", ""),
    ],
)
def test_a_file_of_settings_that_leaves_it_open(tmp_path: Path, held: str, told: str) -> None:
    (tmp_path / "c.yaml").write_text(held)
    fix = planned(tmp_path, HEAD + CONFIGURED.format(name="c.yaml"), "DataLoader(d", SAYS)
    assert fix.diff is None and not fix.edits
    assert "batch_size is given by `config['batch']`" in fix.refused
    assert told in fix.refused and ("holds it" in fix.refused) == bool(told)


def test_settings_elsewhere_are_told(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "c.yaml").write_text("batch: 512\n")
    fix = planned(work, HEAD + CONFIGURED.format(name="../c.yaml"), "DataLoader(d", SAYS)
    assert not fix.edits and "../c.yaml:1 holds it: write batch: 32 there" in fix.refused


def test_code_that_is_made_at_run_time_cannot_be_mended(tmp_path: Path) -> None:
    text = HEAD + "exec(compile('x = DataLoader(d, 512)', '<made>', 'exec'))\n"
    fix = planned(tmp_path, text, "exec", SAYS, path="<made>")
    assert fix.diff is None and "generated at run time" in fix.refused


@pytest.mark.parametrize(
    ("read", "says", "wanted"),
    [
        ("torch.optim.SGD(p, lr=cfg['train']['rate'])", "write lr=0.01 or lower", "0.01"),
        ("o = torch.optim.SGD(p, lr=rate)\nrate = float(cfg['train'].get('rate', 1.0))",
         "write lr=1e-05 or lower", "1.0e-05"),  # 1e-05 is a string to YAML 1.1
    ],
)  # fmt: skip
def test_a_learning_rate_in_a_file_of_settings(
    tmp_path: Path, read: str, says: str, wanted: str
) -> None:
    (tmp_path / "c.yaml").write_text("train:\n  rate: 0.5\n  size: 8\nplan:\n  rate: 0.1\n")
    target = tmp_path / "train.py"
    target.write_text(f"import torch, yaml\ncfg = yaml.safe_load(open('c.yaml'))\n{read}\n")
    places = tuple(Place(str(target), 3 + n) for n in range(read.count("\n") + 1))
    found = Finding(
        "too high", places=places, measured={"learning_rate": 0.5}, fix=Fix(says),
        id="learning-rate-too-high",
    )  # fmt: skip
    (made,) = fixes.planned([found], CHECKS, read_source(script.read(str(target))))
    assert made.fix is not None and made.fix.diff is not None
    assert f"-  rate: 0.5\n+  rate: {wanted}\n" in made.fix.diff


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
