"""The documents keep their word: commands and options exist, links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.md")]
)

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
# Home folders, scratch folders and mount points are somebody's machine, not the project's.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|tmp|work|Users|mnt|opt|srv)/[\w.-]+")


def code(text: str) -> str:
    """All that a document shows as code: fenced blocks and `inline` spans, a line each."""
    fenced = FENCE.findall(text)
    inline = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    return "\n".join([*fenced, *inline])


def commands(text: str, program: str) -> list[str]:
    """The lines of code in `text` that call `program`, without comments."""
    lines = (line.split("  #")[0].strip().removeprefix("$ ") for line in code(text).splitlines())
    return [line for line in lines if re.match(rf"{program}(\s|$)", line)]


def own_options(command: str) -> list[str]:
    """Options of whytorch in a command; what stands after the script is the script's own."""
    before_script = re.split(r"\s\S+\.py\b|\s-m\s+\S+", command, maxsplit=1)[0]
    return re.findall(r"(?<!\S)--[a-z][a-z-]*", before_script)


def headings(text: str) -> set[str]:
    """The anchors that a Markdown page offers, as GitHub writes them."""
    titles = re.findall(r"^#+\s+(.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", t.lower()).strip().replace(" ", "-") for t in titles}


@pytest.fixture(scope="module")
def help_text() -> str:
    """What `whytorch --help` prints, on a terminal wide enough not to break a word."""
    done = subprocess.run(
        [sys.executable, "-m", "whytorch", "--help"],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_readme_names_the_two_commands() -> None:
    shown = commands(README.read_text(), "make")
    assert "make demo" in shown
    assert "make test" in shown


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_make_targets_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in commands(document.read_text(), "make"):
        wanted = {w for w in command.split()[1:] if re.fullmatch(r"[a-z-]+", w)}
        assert wanted <= targets, f"`{command}` in {document.name}: no such target"


@pytest.mark.parametrize(
    "document",
    [p for p in DOCUMENTS if p.name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_options_are_accepted(document: Path, help_text: str) -> None:
    known = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", help_text))
    text = document.read_text()
    for command in commands(text, "whytorch"):
        unknown = set(own_options(command)) - known
        assert not unknown, f"`{command}` in {document.name}: not in --help: {unknown}"
    spans = re.findall(r"`(--[a-z][a-z-]*)[^`\n]*`", text) if document == README else []
    assert set(spans) <= known, f"not in --help: {set(spans) - known}"


def test_subcommands_exist(help_text: str) -> None:
    usage = set(re.findall(r"^\s+whytorch ([a-z]+)\b", help_text, re.MULTILINE))
    documents = (README, ROOT / "docs" / "where-you-work.md")
    shown = [line for path in documents for line in commands(path.read_text(), "whytorch")]
    named = {m[1] for line in shown if (m := re.match(r"whytorch ([a-z]+)(?:\s|$)", line))}
    assert named == usage


def test_every_option_is_explained(help_text: str) -> None:
    known = set(re.findall(r"^\s+(?:-\w, )?(--[a-z][a-z-]*)\s", help_text, re.MULTILINE))
    assert known, "the help shows no option at all"
    usage = (ROOT / "docs" / "usage.md").read_text()
    missing = {o for o in known if o not in usage} - {"--help"}
    assert not missing, f"docs/usage.md says nothing about {missing}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_resolve(document: Path) -> None:
    for found in LINK.findall(document.read_text()):
        link = found[0] or found[1]
        if re.match(r"https?://|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), f"{document.name}: {link}"
        if anchor and target.suffix == ".md":
            assert anchor in headings(target.read_text()), f"{document.name}: {link}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_path_of_a_machine(document: Path) -> None:
    assert not MACHINE_PATH.findall(document.read_text())


def test_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) < 150


@pytest.mark.parametrize(
    "target",
    ["help", "demo", "test", "all", "format", "lint", "types", "bench", "install"],
)
def test_help_lists_target(target: str) -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"make {target} " in done.stdout


def test_ci_runs_the_readmes_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "make test" in script
    assert "make demo" in script
