"""`whytorch compare GOOD BAD`: where two saved runs part, the reason of most weight first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import warm
from msgspec.structs import replace
from small_scripts import digits

from whytorch import catalog, cli, pipeline, saved
from whytorch.comparing import compare
from whytorch.comparing.runs import _size
from whytorch.evidence.source import Source
from whytorch.records import ScriptInfo
from whytorch.reports import comparison

ADAM = "torch.optim.Adam(model.parameters(), lr={})"
SCRIPTS = {
    "good": digits(optimizer=ADAM.format(3e-3)),
    "again": digits(optimizer=ADAM.format(3e-3)).replace("manual_seed(0)", "manual_seed(7)"),
    "rate": digits(optimizer=ADAM.format(0.3)),
    "softmax": digits(loss="loss = F.cross_entropy(model(x).softmax(1), y)"),
    "data": digits(splits="train_images, train_labels = train_images[:120] * 255, "
                   "train_labels[:120]", optimizer=ADAM.format(3e-3)),
    "crash": digits(loss="loss = F.cross_entropy(model(x), y.float().view(-1, 1))"),
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The runs as a diagnosis saves them."""
    found = {}
    for name, text in SCRIPTS.items():
        folder = tmp_path_factory.mktemp(name)
        script = folder / "train.py"
        script.write_text(text)
        evidence = warm.evidence_of(script, folder / "run")
        report = pipeline.judge(evidence, catalog.load_catalog())
        saved.store(replace(report, script=ScriptInfo(str(script))), folder / "run")
        files = evidence[Source].files
        saved.keep_sources(((file.path, file.text) for file in files), folder / "run")
        found[name] = str(folder / "run")
    return found


def test_the_learning_rate(runs: dict[str, str]) -> None:
    compared = compare(runs["good"], runs["rate"])
    assert compared.worse
    first = compared.differences[0]
    assert (first.what, first.good, first.bad, first.aspect) == (
        "learning rate", 0.003, 0.3, "settings",
    )  # fmt: skip
    assert first.place is not None and "Adam" in (first.place.code or "")
    assert compared.parted is not None
    assert compared.same_steps == compared.parted[0] == 1  # the first loss is before any step
    assert compared.source is not None
    assert "-optimizer = torch.optim.Adam(model.parameters(), lr=0.003)" in compared.source
    text = comparison.text(compared)
    assert "1. learning rate: 0.003 → 0.3, " in text
    assert "part at step 2: " in text and "1 step before are" in text
    assert [f.id for f in compared.only_bad] == ["learning-rate-too-high"]
    assert compared.headline.startswith("Most likely: learning rate too high, ")


def test_a_finding_of_the_worse_run_alone_comes_first(runs: dict[str, str]) -> None:
    compared = compare(runs["good"], runs["softmax"])
    assert [f.id for f in compared.only_bad] == ["softmax-before-cross-entropy"]
    assert compared.headline.startswith("Most likely: softmax before cross-entropy, ")
    assert compared.parted is not None and compared.parted[0] == 0
    back = compare(runs["softmax"], runs["good"])
    assert back.headline.startswith("It is not worse: evaluation accuracy ")
    assert [f.id for f in back.only_good] == ["softmax-before-cross-entropy"]
    assert back.only_bad == ()


def test_data(runs: dict[str, str]) -> None:
    compared = compare(runs["good"], runs["data"])
    differ = {d.what: (d.good, d.bad) for d in compared.differences}
    assert differ["training samples"] == (1000, 120)
    assert differ["scale of training inputs"][1][0] > 20
    assert "learning rate" not in differ and "layers" not in differ
    ranks = [d.what for d in compared.differences]
    assert ranks.index("scale of training inputs") < ranks.index("optimizer steps")


def test_only_the_seed_differs(runs: dict[str, str]) -> None:
    compared = compare(runs["good"], runs["again"])
    assert all(d.matters < 0.3 for d in compared.differences)
    assert compared.headline.startswith(("Nothing that matters differs", "It is not worse"))
    assert compared.parted is not None and compared.parted[0] == 0
    same = compare(runs["good"], runs["good"])
    assert (same.differences, same.parted, same.same_steps) == ((), None, 50)
    assert "Source      the same" in comparison.text(same)


def test_a_crash(runs: dict[str, str]) -> None:
    compared = compare(runs["good"], runs["crash"])
    assert compared.worse and compared.headline.startswith("Crash: ")
    assert compared.measured == "finished → crashed"


def test_the_command(runs: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compare", runs["good"], runs["rate"]]) == 1
    assert capsys.readouterr().out.startswith(compare(runs["good"], runs["rate"]).headline)
    assert cli.main(["compare", runs["good"], runs["good"]]) == 0
    capsys.readouterr()
    assert cli.main(["compare", "--format", "json", runs["good"], runs["data"]]) == 1
    told = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert told["schema"] == 1 and told["worse"] is True
    assert [d["rank"] for d in told["differences"]] == [*range(1, len(told["differences"]) + 1)]
    assert told["differences"][0]["place"] is None or told["differences"][0]["place"]["line"] > 0
    assert told["losses"]["parted"]["step"] == 0
    assert told["bad"]["script"].endswith("train.py")


def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, says in (
        (["compare", "a"], "whytorch compare takes two saved runs"),
        (["compare", "a", "b", "--seed", "3"], "takes no option --seed"),
        (["compare", "a", "b", "--format", "sarif"], "there is text, json"),
        (["compare", str(tmp_path), "b"], "no saved run can be read"),
    ):
        assert cli.main(words) == 2
        assert says in capsys.readouterr().err


def test_without_record_or_source(runs: dict[str, str], tmp_path: Path) -> None:
    report = saved.load(runs["good"])
    saved.store(report, tmp_path)
    with pytest.raises(ValueError, match="holds no record"):
        compare(tmp_path, runs["good"])
    (tmp_path / "record.jsonl").write_bytes((Path(runs["good"]) / "record.jsonl").read_bytes())
    assert compare(tmp_path, runs["good"]).source is None
    (tmp_path / "sources.json").write_text("[1]")
    assert compare(tmp_path, runs["good"]).source is None


@pytest.mark.parametrize(
    ("one", "other", "size"),
    [
        (0.1, 0.1, 0.0),
        (0.1, 0.01, 1.0),
        (0.1, 1e-6, 1.0),
        (32, 64, 0.301),
        (1000, 1001, 0.05),
        (0.0, 0.9, 1.0),
        ("SGD", "Adam", 1.0),
        (True, False, 1.0),
        ((0.5, 0.25), (0.501, 0.25), 0.0),
        ((0.5, 0.25), (127.5, 64.0), 1.0),
        ((0.0, 1.0), (0.5, 1.0), 0.5),
    ],
)
def test_how_much_a_difference_is(one: Any, other: Any, size: float) -> None:
    assert _size(one, other) == _size(other, one) == pytest.approx(size, abs=1e-3)


def test_what_a_terminal_would_obey(runs: dict[str, str]) -> None:
    compared = replace(compare(runs["good"], runs["rate"]), source="-\x1b[31m\n", headline="a\nb")
    assert "\x1b" not in comparison.text(compared)
    assert comparison.text(compared).splitlines()[0] == "a b"
