"""The rules of the house, enforced on the repository itself."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import whytorch
from whytorch.catalog import HEADINGS, load_catalog

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
FILES = sorted((SRC / "whytorch").rglob("*.py"))

# In the order in which an answer comes about. A room imports from records and from the rooms before
# it; those in one line are one room.
ROOMS = (
    ("edits", "records", "version", "workers"),
    ("script",),
    ("evidence",),
    ("check_file", "catalog", "checks"),
    ("findings",),
    ("planning",),
    ("fixes",),
    ("verify",),
    ("reports", "saved"),
    ("mending",),
    ("pipeline", "scan", "caller", "comparing"),
    ("watching", "live", "trackers"),
    (
        "arguments",
        "output",
        "progress",
        "console",
        "watch_command",
        "completion",
        "server",
        "cli",
        "magics",
        "pytest_plugin",
        "__main__",
    ),
)
ORDER = {name: number for number, names in enumerate(ROOMS) for name in names}

# Of evidence/, what the pipeline itself imports. The rest runs in the script's process.
WITHOUT_TORCH_IN_EVIDENCE = (
    "facts",
    "source",
    "reading",
    "peers",
    "rehearsal",
    "elsewhere",
    "session",
)
LONGEST_FILE = 400
VOCABULARY = ("whytorch.evidence.facts",)  # records without code, best read in one place
# The child writes the script's traceback, in the script's place: it is the script that speaks.
SCRIPTS_OWN_VOICE = {
    "whytorch.evidence.child": ["sys.stderr.write"],
    "whytorch.evidence.watching": ["traceback.print_exception", "sys.stderr.write"],
}


def name_of(file: Path) -> str:
    parts = file.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The room of whytorch.evidence.facts is evidence; of whytorch itself, the empty one."""
    return [*module.split("."), ""][1]


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imported(file: Path) -> Iterator[str]:
    """The modules that a file imports anywhere, also inside functions."""
    package = name_of(file).split(".")
    if file.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            base += [node.module] if node.module else []
            if base == ["whytorch"]:  # from whytorch import pipeline
                yield from (f"whytorch.{alias.name}" for alias in node.names)
            else:
                yield ".".join(base)


@pytest.fixture(params=FILES, ids=lambda file: name_of(file))
def file(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_imports_go_one_way(file: Path) -> None:
    room = room_of(name_of(file))
    if not room:
        return  # whytorch/__init__.py hands the public names on
    assert room in ORDER, f"{room} is no room of the house: give it its place in ROOMS"
    public = {"", *whytorch.__all__}
    for module in imported(file):
        if module.split(".")[0] != "whytorch":
            continue
        other = room_of(module)
        if other in public:
            assert room in ROOMS[-1], f"{room} may not import from the top of whytorch"
        else:
            assert ORDER[other] <= ORDER[room], f"{room} may not import {module}"


def test_only_the_recorder_and_its_process_import_torch(file: Path) -> None:
    if room_of(name_of(file)) == "evidence":
        return
    families = {module.split(".")[0] for module in imported(file)}
    assert families & {"torch", "torchvision", "torchmetrics"} == set()


def test_records_are_structs(file: Path) -> None:
    """To make a dataclass takes a millisecond, sixty times as long: at every start, for each."""
    in_the_script = room_of(name_of(file)) == "evidence" and not any(
        name_of(file).startswith(f"whytorch.evidence.{name}") for name in WITHOUT_TORCH_IN_EVIDENCE
    )
    if not in_the_script:
        assert "dataclasses" not in set(imported(file)), (
            "write: class X(msgspec.Struct, frozen=True)"
        )


def test_only_the_command_prints(file: Path) -> None:
    if name_of(file) == "whytorch.cli":
        return
    assert list(printing(tree_of(file))) == SCRIPTS_OWN_VOICE.get(name_of(file), [])


def printing(tree: ast.Module) -> Iterator[str]:
    """The calls in `tree` that write to one of the standard streams."""
    stream = r"sys\.(__)?std(out|err)(__)?\.(buffer\.)?write(lines)?"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called == "os.write" and ast.unparse(node.args[0]) not in ("1", "2"):
                continue
            if re.fullmatch(rf"print|os\.write|{stream}|traceback\.print_\w+", called):
                yield called


@pytest.mark.parametrize(
    "code",
    [
        "print(1)",
        "import sys; sys.stdout.write('x')",
        "sys.stderr.buffer.write(b'')",
        "sys.__stdout__.writelines([])",
        "os.write(2, b'')",
        "traceback.print_exc()",
    ],
)
def test_printing_is_recognized(code: str) -> None:
    assert list(printing(ast.parse(code)))


@pytest.mark.parametrize("code", ["console.print(1)", "file.write('x')", "os.write(fd, b'')"])
def test_other_writing_is_left_alone(code: str) -> None:
    assert not list(printing(ast.parse(code)))


def test_files_stay_short(file: Path) -> None:
    if name_of(file) in VOCABULARY:
        return
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_FILE, f"{lines} lines; split the file (300 are enough)"


def test_every_folder_is_a_package() -> None:
    folders = {file.parent for file in FILES}
    assert [str(f.relative_to(SRC)) for f in folders if not (f / "__init__.py").is_file()] == []


def test_every_module_imports_without_warnings_and_without_torch() -> None:
    modules = [name_of(file) for file in FILES]
    chosen = [module for module in modules if room_of(module) != "evidence"]
    chosen += [f"whytorch.evidence.{name}" for name in WITHOUT_TORCH_IN_EVIDENCE]
    assert len(chosen) > 20
    code = "import sys\nfor name in ('torch', 'torchvision', 'torchmetrics'):\n"
    code += "    sys.modules[name] = None\n"
    code += "".join(f"import {module}\n" for module in chosen)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_public_names() -> None:
    assert len(whytorch.__all__) <= 10
    assert sorted(whytorch.__all__) == dir(whytorch)
    for name in whytorch.__all__:
        assert getattr(whytorch, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = whytorch.nothing


def repository() -> list[Path]:
    """The files that belong to the repository."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout, to know which files belong to the repository")
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def test_no_path_of_one_machine() -> None:
    homes = "|".join(("home", "root", "Users", "work", "mnt"))
    machine = re.compile(rf"(?<![\w./:$~}}-])/({homes})/[\w.-]+")
    assert machine.search("open('/" + "home/me/train.py')")
    assert not machine.search("https://example.org/" + "home/me ../" + "work/me")
    found = []
    for path in repository():
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [f"{path.relative_to(ROOT)}: {hit[0]}" for hit in machine.finditer(text)]
    assert found == []


def test_there_are_checks_and_every_one_is_whole() -> None:
    checks = load_catalog()  # raises on the first that is not
    assert checks
    for check in checks:
        assert tuple(check.sections) == HEADINGS


def test_the_examples_of_every_check_are_python() -> None:
    for check in load_catalog():
        assert check.bad != check.good
        ast.parse(check.bad, f"BAD of {check.id}")
        ast.parse(check.good, f"GOOD of {check.id}")


def test_a_mistake_is_explained_away_only_by_one_that_exists() -> None:
    ids = {check.id for check in load_catalog()}
    unknown = {check.id: set(check.consequence_of) - ids for check in load_catalog()}
    assert {id: names for id, names in unknown.items() if names} == {}
