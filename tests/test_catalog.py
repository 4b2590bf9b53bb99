"""The catalog finds every check, refuses what is not whole, and signs what a check says."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from whytorch import script
from whytorch.catalog import (
    HEADINGS,
    CatalogError,
    Check,
    UnknownCheck,
    Want,
    choose,
    find,
    judge,
    load_catalog,
)
from whytorch.evidence.facts import LossCalls, LossSite, Run, Training
from whytorch.evidence.source import Source, read_source
from whytorch.records import Fix, NotJudged, Place

WHOLE = '''\
"""Squared error on class labels.

What it looks for
    Whole class numbers
    as targets.

Why it hurts
    Class 9 is not nine times class 1.
    It costs accuracy.

    A second paragraph.

How to fix it
    Use nn.CrossEntropyLoss.

        loss = nn.CrossEntropyLoss()(outputs, labels)

When it is fine
    For numbers that are numbers.

References
    Bishop, 2006
"""

from __future__ import annotations

from whytorch.evidence.facts import LossCalls, Training
from whytorch.evidence.source import Source
from whytorch.records import Finding, NotJudged, Place

BAD = """\\
criterion = nn.MSELoss()
loss = criterion(outputs, labels)  # <- here
"""
GOOD = """\\
criterion = nn.CrossEntropyLoss()
loss = criterion(outputs, labels)
"""


def decide(losses: LossCalls, training: Training | None) -> list[Finding] | NotJudged:
    if not losses.sites:
        return NotJudged("needs a loss")
    if losses.sites[0].function == "mse_loss":
        return [Finding("mse_loss got class numbers", (Place("train.py", 3),))]
    return []
'''

packages = itertools.count()
Package = Callable[[dict[str, str]], str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Writes a package of checks from {path: text}, and gives its name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(files: dict[str, str]) -> str:
        name = f"checks_{next(packages)}"
        for path in ("__init__.py", "loss/__init__.py"):
            files.setdefault(path, "")
        for path, text in files.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return name

    return write


@pytest.fixture
def check(package: Package) -> Check:
    (only,) = load_catalog(package({"loss/mse_on_class_labels.py": WHOLE}))
    return only


def test_a_whole_check(check: Check) -> None:
    assert check.id == "mse-on-class-labels"
    assert check.area == "loss"
    assert check.title == "Squared error on class labels"
    assert list(check.sections) == list(HEADINGS)
    assert check.sections["What it looks for"] == "Whole class numbers\nas targets."
    assert check.sections["How to fix it"].endswith(
        "\n\n    loss = nn.CrossEntropyLoss()(outputs, labels)"
    )
    assert check.sections["References"] == "Bishop, 2006"
    assert check.wants == (Want("losses", LossCalls, False), Want("training", Training, True))
    assert "# <- here" in check.bad
    assert "CrossEntropyLoss" in check.good
    assert check.consequence_of == ()
    assert check.fix is None and check.promise is None
    assert Path(check.path).name == "mse_on_class_labels.py"


def test_plain_paragraphs_do_as_well_as_indented_ones(package: Package) -> None:
    head, _, body = WHOLE.partition('"""\n\nfrom')
    text = head.replace("\n    ", "\n") + '"""\n\nfrom' + body
    (check,) = load_catalog(package({"loss/a.py": text}))
    assert check.sections["What it looks for"] == "Whole class numbers\nas targets."


def test_checks_come_sorted_and_helpers_are_left_alone(package: Package) -> None:
    name = package(
        {
            "loss/z_last.py": WHOLE,
            "loss/_helper.py": "raise SystemError('imported')",
            "training_loop/__init__.py": "",
            "training_loop/a_first.py": WHOLE,
            "_shared/anything.py": "",
            "loss/notes.txt": "",
        }
    )
    checks = load_catalog(name)
    assert [(check.id, check.area) for check in checks] == [
        ("a-first", "training loop"),
        ("z-last", "loss"),
    ]
    assert load_catalog(name) is checks


def test_a_check_can_be_explained_away_and_mended(package: Package) -> None:
    text = WHOLE + (
        'CONSEQUENCE_OF = ("unscaled-inputs", "dead-relu")\n'
        "def fix(script): return []\n"
        "def promise(before, after): return True\n"
        "SAFE = 'it changes the order'\n"
    )
    (check,) = load_catalog(package({"loss/a.py": text}))
    assert check.consequence_of == ("unscaled-inputs", "dead-relu")
    assert check.fix is not None and check.promise is not None
    assert check.unsafe == "it changes the order"


def without(part: str, instead: str = "") -> str:
    assert part in WHOLE
    return WHOLE.replace(part, instead)


SIGNATURE = "def decide(losses: LossCalls, training: Training | None) -> list[Finding] | NotJudged:"
BROKEN = {
    "no docstring": (WHOLE[WHOLE.index("from __future__") :], "docstring is missing"),
    "no heading": (without("When it is fine"), '"When it is fine" 0 times'),
    "heading with a colon": (without("References", "References:"), '"References" 0 times'),
    "heading twice": (without("    Bishop", "References\n    Bishop"), '"References" 2 times'),
    "empty section": (
        without("    Bishop, 2006\n"),
        'nothing stands under the heading "References"',
    ),
    "wrong order": (
        without("Why it hurts", "Then")
        .replace("When it is fine", "Why it hurts")
        .replace("Then", "When it is fine"),
        "in this order",
    ),
    "text before the headings": (without("labels.\n\n", "labels.\n\nMore\n\n"), "only blank lines"),
    "no decide": (without("def decide", "def decides"), "decide is missing"),
    "decide is no function": (WHOLE + "decide = 3\n", "decide must be a function"),
    "no return type": (without(" -> list[Finding] | NotJudged:", ":"), "return list[Finding]"),
    "other return type": (without("-> list[Finding] |", "-> Finding |"), "return list[Finding]"),
    "no parameters": (
        without(SIGNATURE, "def decide() -> list[Finding] | NotJudged:"),
        "orders no evidence",
    ),
    "unannotated parameter": (without("losses: LossCalls", "losses"), "the parameter losses"),
    "unknown evidence": (without("losses: LossCalls", "losses: str"), "the parameter losses"),
    "evidence in a list": (without("losses: LossCalls", "losses: list[LossCalls]"), "losses"),
    "two kinds in one": (
        without("training: Training |", "training: Training | Source |"),
        "training",
    ),
    "star arguments": (without("training: Training | None", "*rest: Training"), "plain parameters"),
    "unresolvable hint": (without("losses: LossCalls", "losses: Losses"), "cannot be resolved"),
    "no BAD": (without("BAD = ", "WORSE = "), "BAD is missing"),
    "no GOOD": (without("GOOD = ", "BEST = "), "GOOD is missing"),
    "empty GOOD": (WHOLE + "GOOD = ' '\n", "GOOD is missing"),
    "BAD unmarked": (without("  # <- here"), "no line of BAD ends with"),
    "GOOD marked": (WHOLE + "GOOD = BAD\n", "GOOD has nothing to mark"),
    "fix alone": (WHOLE + "def fix(script): return []\n", "promise is missing"),
    "fix of unknown safety": (
        WHOLE + "def fix(f, s): return []\ndef promise(a, b): return True\n",
        "SAFE = True",
    ),
    "promise alone": (WHOLE + "def promise(a, b): return True\n", "fix is missing"),
    "consequence as text": (WHOLE + "CONSEQUENCE_OF = 'dead-relu'\n", "must be a tuple"),
    "consequence misspelled": (WHOLE + "CONSEQUENCE_OF = ('dead_relu',)\n", "must be a tuple"),
    "consequence of itself": (
        WHOLE + "CONSEQUENCE_OF = ('broken-check',)\n",
        "names the check itself",
    ),
    "syntax error": ("def", "cannot be imported: SyntaxError"),
    "import error": ("import nothing_of_this_name", "cannot be imported: ModuleNotFoundError"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_check_that_is_not_whole_is_refused(case: str, package: Package) -> None:
    text, reason = BROKEN[case]
    with pytest.raises(CatalogError) as caught:
        load_catalog(package({"loss/broken_check.py": text, "loss/fine.py": WHOLE}))
    assert "loss/broken_check.py: " in str(caught.value)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("astray.py", "belongs in the folder of its area"),
        ("loss/deeper/check.py", "an area holds checks, not folders"),
        ("loss/Mse-Loss.py", "the name must be the id with underscores"),
        ("forgotten/check.py", "forgotten/__init__.py: missing"),
    ],
)
def test_a_file_in_the_wrong_place_is_refused(path: str, reason: str, package: Package) -> None:
    name = package({path: WHOLE})
    with pytest.raises(CatalogError, match=reason) as caught:
        load_catalog(name)
    assert path.split("/")[0] in str(caught.value)


def test_the_same_id_in_two_areas_is_refused(package: Package) -> None:
    name = package({"loss/twice.py": WHOLE, "labels/__init__.py": "", "labels/twice.py": WHOLE})
    with pytest.raises(CatalogError, match="the id twice is already taken"):
        load_catalog(name)


class TestFind:
    def test_underscores_and_capitals_are_forgiven(self, check: Check) -> None:
        assert find("MSE_on_class_labels", [check]) is check

    def test_a_typo_gets_a_hint(self, check: Check) -> None:
        with pytest.raises(UnknownCheck, match="did you mean mse-on-class-labels") as caught:
            find("mse-on-clas-label", [check])
        assert caught.value.close == ("mse-on-class-labels",)

    def test_nonsense_gets_none(self, check: Check) -> None:
        with pytest.raises(UnknownCheck) as caught:
            find("zzz", [check])
        assert str(caught.value) == "no check is called 'zzz'"


def test_choose(package: Package) -> None:
    checks = load_catalog(package({f"loss/{name}.py": WHOLE for name in ("one", "two", "three")}))

    def ids(**choice: list[str]) -> list[str]:
        return [check.id for check in choose(**choice, checks=checks)]

    assert ids() == ["one", "three", "two"]
    assert ids(select=["two", "ONE"]) == ["one", "two"]
    assert ids(ignore=["two"]) == ["one", "three"]
    assert ids(select=["two", "one"], ignore=["two"]) == ["one"]
    for wrong in ({"select": ["four"]}, {"ignore": ["four"]}):
        with pytest.raises(UnknownCheck):
            ids(**wrong)


MSE = LossCalls((LossSite("mse_loss", None, "train", 1),))
RUN = Run("finished")


class TestJudge:
    def test_a_finding_is_signed_by_its_file(self, check: Check) -> None:
        (finding,) = judge(check, {LossCalls: MSE, Run: RUN})
        assert (finding.id, finding.area) == ("mse-on-class-labels", "loss")
        assert finding.title == "Squared error on class labels"
        assert finding.why == "Class 9 is not nine times class 1. It costs accuracy."
        assert finding.fix == Fix("Use nn.CrossEntropyLoss.")
        assert finding.places == (Place("train.py", 3),)

    def test_a_finding_keeps_its_own_fix_and_reason(self, package: Package) -> None:
        text = without('(Place("train.py", 3),)', 'fix=Fix("x"), why="y"').replace(
            "import Finding,", "import Finding, Fix,"
        )
        (check,) = load_catalog(package({"loss/a.py": text}))
        (finding,) = judge(check, {LossCalls: MSE, Run: RUN})
        assert (finding.fix, finding.why) == (Fix("x"), "y")

    def test_silence(self, check: Check) -> None:
        fine = LossCalls((LossSite("cross_entropy", None, "train", 1),))
        assert judge(check, {LossCalls: fine, Run: RUN}) == []

    def test_what_the_check_itself_does_not_judge(self, check: Check) -> None:
        answer = judge(check, {LossCalls: LossCalls(), Run: RUN})
        assert answer == NotJudged("needs a loss", "mse-on-class-labels")

    def test_missing_evidence_is_told_in_plain_words(self, check: Check) -> None:
        answer = judge(check, {Run: RUN, Training: Training()})
        assert answer == NotJudged("no loss was computed in the run", check.id)

    def test_no_run_at_all_is_one_reason(self, check: Check) -> None:
        assert judge(check, {}) == NotJudged("the script was not run", check.id)

    def test_missing_source(self, package: Package) -> None:
        text = without("losses: LossCalls, training: Training | None", "source: Source")
        (check,) = load_catalog(package({"loss/a.py": text}))
        assert check.wants == (Want("source", Source, False),)
        assert judge(check, {}) == NotJudged("the script's source could not be read", check.id)

    def test_one_broken_check_does_not_lose_the_report(
        self, package: Package, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text = without("    if not losses.sites:", "    losses.nothing\n    if not losses.sites:")
        (check,) = load_catalog(package({"loss/a.py": text}))
        monkeypatch.delenv("WHYTORCH_RAISE")
        answer = judge(check, {LossCalls: MSE, Run: RUN})
        assert isinstance(answer, NotJudged)
        assert answer.id == "a"
        assert answer.reason.startswith("this check failed: AttributeError: ")
        monkeypatch.setenv("WHYTORCH_RAISE", "1")
        with pytest.raises(AttributeError):
            judge(check, {LossCalls: MSE, Run: RUN})

    @pytest.mark.parametrize("answer", ["None", "[3]", "'text'"])
    def test_an_answer_that_is_none_is_a_failure(
        self, answer: str, package: Package, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text = without("    if not losses.sites:", f"    return {answer}\n    if not losses.sites:")
        (check,) = load_catalog(package({"loss/a.py": text}))
        monkeypatch.delenv("WHYTORCH_RAISE")
        result = judge(check, {LossCalls: MSE, Run: RUN})
        assert isinstance(result, NotJudged)
        assert result.reason.startswith("this check failed: ")


def test_a_zipped_package_is_found_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in ("zipped/__init__.py", "zipped/loss/__init__.py"):
            file.writestr(path, "")
        file.writestr("zipped/loss/one.py", WHOLE)
    monkeypatch.syspath_prepend(str(archive))
    assert [check.id for check in load_catalog("zipped")] == ["one"]


def test_the_catalog_needs_no_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from whytorch.catalog import load_catalog\n"
        "print(len(load_catalog()))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(load_catalog()) > 0


# --- suspect --------------------------------------------------------------------------------------

SUSPECT = """

def suspect(source: Source) -> list[Finding]:
    return [Finding("seen in the source", grade="observed")]
"""


def test_a_suspicion_stands_in_where_the_run_cannot_tell(package: Package) -> None:
    check = load_catalog(package({"loss/mse.py": WHOLE + SUSPECT}))[0]
    source = read_source(script.read(__file__))
    assert isinstance(judge(check, {}), NotJudged)
    [found] = judge(check, {Source: source})
    assert (found.id, found.grade, found.says) == ("mse", "suspected", "seen in the source")
    seen = LossCalls((LossSite("cross_entropy", None, "train", 1),))
    assert judge(check, {Source: source, LossCalls: seen}) == []


def test_a_suspicion_is_written_in_one_way(package: Package) -> None:
    wrong = SUSPECT.replace("source: Source", "source: Source, run: LossCalls")
    with pytest.raises(CatalogError, match="suspect must be written"):
        load_catalog(package({"loss/mse.py": WHOLE + wrong}))
