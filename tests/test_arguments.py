"""The command line: ours before the script, the script's own untouched behind it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whytorch.arguments import HELP, Command, UsageError, parse
from whytorch.records import Options


def test_a_script_alone() -> None:
    assert parse(["train.py"]) == Command("diagnose", "train.py")


def test_every_option() -> None:
    words = [
        *("--budget", "2m", "--format", "json", "--output", "r.json", "--select", "a-b,c"),
        *("--ignore", "d", "--seed", "3", "--no-lab", "--no-fix", "--quiet"),
        *("--expect", "accuracy >= 0.9", "train.py"),
    ]
    assert parse(words) == Command(
        "diagnose",
        "train.py",
        format="json",
        output="r.json",
        quiet=True,
        options=Options(
            budget=120.0,
            select=("a-b", "c"),
            ignore=("d",),
            seed=3,
            lab=False,
            fix=False,
            expect="accuracy >= 0.9",
        ),
    )


@given(st.lists(st.text()))
def test_everything_behind_the_script_is_the_scripts(own: list[str]) -> None:
    assert parse(["-q", "train.py", *own]) == Command(
        "diagnose", "train.py", tuple(own), quiet=True
    )
    assert parse(["-m", "pkg.train", *own]) == Command(
        "diagnose", "pkg.train", tuple(own), module=True
    )


@pytest.mark.parametrize(
    "own", [["--budget", "3"], ["--help"], ["-m", "x"], ["--"], ["list"], ["--format=json"], [""]]
)
def test_options_of_ours_behind_the_script_are_the_scripts(own: list[str]) -> None:
    assert parse(["train.py", *own]) == Command("diagnose", "train.py", tuple(own))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60", 60), ("60s", 60), ("2m", 120), ("1.5m", 90), (".5", 0.5), ("1h", 3600), ("5 S", 5)],
)
def test_budgets(text: str, seconds: float) -> None:
    assert parse(["--budget", text, "a.py"]).options.budget == seconds
    assert parse([f"--budget={text}", "a.py"]).options.budget == seconds


@pytest.mark.parametrize("text", ["", "0", "-3", "soon", "nan", "inf", "1d", "60s60", "9" * 400])
def test_budgets_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="write a time above zero"):
        parse(["--budget", text, "a.py"])


def test_ids_add_up_and_of_the_rest_the_last_counts() -> None:
    command = parse(["--select=a,b", "--seed=1", "--select", " c ,,d", "--seed=2", "x.py"])
    assert command.options.select == ("a", "b", "c", "d")
    assert command.options.seed == 2


def test_two_dashes_end_the_options() -> None:
    assert parse(["--", "list", "x"]) == Command("diagnose", "list", ("x",))
    assert parse(["--", "-odd.py"]) == Command("diagnose", "-odd.py")


def test_a_dash_is_a_target() -> None:
    assert parse(["-"]).target == "-"


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["list"], Command("list")),
        (["explain", "dead-relu"], Command("explain", "dead-relu")),
        (["report", "a run"], Command("report", "a run")),
        (["report", "--format", "json", "r"], Command("report", "r", format="json")),
        (["report", "r", "--output=o"], Command("report", "r", output="o")),
        (["--format", "json", "report", "r"], Command("report", "r", format="json")),
        (["--help"], Command("help")),
        (["-h"], Command("help")),
        (["--quiet", "--help", "train.py"], Command("help")),
        (["--version"], Command("version")),
        (["fix", "--version"], Command("version")),
        (["fix", "-q", "--help", "a.py"], Command("help")),
        (["fix", "fix"], Command("fix", "fix")),
        (["list", "--version"], Command("version")),
        (["explain", "--help"], Command("help")),
    ],
)
def test_the_other_commands(words: list[str], command: Command) -> None:
    assert parse(words) == command


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "which script?"),
        (["--quiet"], "which script?"),
        (["--"], "which script?"),
        (["-m"], "-m needs the name of a module"),
        (["--bugdet", "3", "a.py"], "there is no option --bugdet; did you mean --budget?"),
        (["--bugdet=3", "a.py"], "there is no option --bugdet; did you mean --budget?"),
        (["--learning-rate", "3", "a.py"], "the script's own come after it: whytorch [options]"),
        (["--budget"], "--budget needs a value"),
        (["--quiet=yes", "a.py"], "--quiet takes no value"),
        (["--seed", "x", "a.py"], "--seed x: write a whole number"),
        (["--seed", "-1", "a.py"], "--seed -1: write a whole number"),
        (["--format", "pdf", "a.py"], "--format pdf: there is terminal, json, html"),
        (["--select", ",", "a.py"], "--select ,: write ids"),
        (["--output", "", "a.py"], "--output : it is empty"),
        (["explain"], "whytorch explain takes the id of one mistake"),
        (["explain", "a", "b"], "whytorch explain takes the id of one mistake"),
        (["report"], "whytorch report takes the path of one saved run"),
        (["list", "loss"], "whytorch list takes no arguments"),
        (["list", "--seed", "3"], "whytorch list takes no option --seed"),
        (["--no-lab", "report", "r"], "whytorch report takes no option --no-lab"),
    ],
)
def test_wrong_usage_says_what_is_wrong(words: list[str], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(words)
    assert says in str(caught.value)


def test_the_help_tells_of_every_option_and_no_other() -> None:
    from whytorch import arguments

    known = {*arguments.VALUES, *arguments.FLAGS}
    assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", HELP)) - {"-m"} == known
    assert all(len(line) <= 100 for line in HELP.splitlines())


@pytest.mark.parametrize(("text", "share"), [("2%", 0.02), ("0.5", 0.5), ("0.1%", 0.001)])
def test_what_a_watch_may_take(text: str, share: float) -> None:
    assert parse(["watch", "--overhead", text, "train.py"]) == Command(
        "watch", "train.py", overhead=share
    )


@pytest.mark.parametrize("text", ["0", "2", "200%", "-1%", "nan", "little", "%"])
def test_no_share(text: str) -> None:
    with pytest.raises(UsageError, match=r"--overhead .*: write a share"):
        parse(["watch", "--overhead", text, "train.py"])


def test_only_a_watch_takes_a_share_of_the_time() -> None:
    with pytest.raises(UsageError, match="only whytorch watch knows --overhead"):
        parse(["--overhead", "2%", "train.py"])
