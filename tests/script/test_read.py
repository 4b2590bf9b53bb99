"""Reading a script: every encoding that Python reads, every project layout, every bad input."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from whytorch.script import Script, ScriptError, read


def write(folder: Path, **files: str | bytes) -> Path:
    """Files by module name: `pkg__model` is pkg/model.py, `pkg____init__` is pkg/__init__.py."""
    for name, content in files.items():
        path = folder / (re.sub(r"__(?=[^_]|__(?:init|main)__$)(?<!____)", "/", name) + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def shown(script: Script) -> list[str]:
    return [file.path for file in script.files]


def refused(target: str, folder: Path, **options: bool) -> ScriptError:
    with pytest.raises(ScriptError) as caught:
        read(target, cwd=folder, **options)
    assert str(folder) not in str(caught.value) or "seen from" in str(caught.value)
    return caught.value


# --- what a script is ------------------------------------------------------------------------


def test_a_script_is_read_as_the_user_gave_it(tmp_path: Path) -> None:
    write(tmp_path, sub__train="import torch\nx = 1\n")
    script = read("sub/../sub/train.py", ["--lr", "0.1"], cwd=tmp_path)
    assert script.path == "sub/../sub/train.py"
    assert script.absolute == tmp_path / "sub" / "train.py"
    assert script.args == ("--lr", "0.1")
    assert script.module is None
    assert script.sha256 == hashlib.sha256(b"import torch\nx = 1\n").hexdigest()
    assert [f.path for f in script.files] == ["sub/../sub/train.py"]
    assert script.files[0].lines == ("import torch", "x = 1", "")
    assert isinstance(script.files[0].tree, ast.Module)


def test_an_absolute_path_stays_absolute(tmp_path: Path) -> None:
    write(tmp_path, train="import other\n", other="x = 1\n")
    script = read(str(tmp_path / "train.py"), cwd=tmp_path / "elsewhere")
    assert shown(script) == [str(tmp_path / "train.py"), str(tmp_path / "other.py")]


def test_the_working_directory_is_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, train="x = 1\n")
    monkeypatch.chdir(tmp_path)
    assert read("train.py").absolute == tmp_path / "train.py"


def test_a_script_may_have_no_extension(tmp_path: Path) -> None:
    (tmp_path / "train").write_text("#!/usr/bin/env python\nx = 1\n")
    assert read("train", cwd=tmp_path).files[0].lines[1] == "x = 1"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 1\r\ny = 2\r\n", "x = 1\ny = 2\n"),
        (b"x = 1\ry = 2\r", "x = 1\ny = 2\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"\xef\xbb\xbf# coding: utf-8\r\nx = 1", "# coding: utf-8\nx = 1"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (b"#!/x\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n", None),
        ("x = 'é\u2028 中'\n".encode(), "x = 'é\u2028 中'\n"),
        (b"x = 1\n\x0cy = 2\n", "x = 1\n\x0cy = 2\n"),
    ],
    ids=["crlf", "cr", "bom", "bom-and-cookie", "latin-1", "cp1252", "utf-8", "form-feed"],
)
def test_encodings_and_line_ends(tmp_path: Path, data: bytes, text: str | None) -> None:
    (tmp_path / "train.py").write_bytes(data)
    file = read("train.py", cwd=tmp_path).files[0]
    if text is None:
        assert file.lines[2] == "x = '\u20ac'"
    else:
        assert file.text == text
    # The tree's lines are the lines shown: nothing but \n, \r\n and \r ends a line.
    for node in file.tree.body:
        assert file.lines[node.lineno - 1].lstrip("\x0c").startswith(("x", "y"))


def test_reading_warns_of_nothing(tmp_path: Path) -> None:
    write(tmp_path, train='pattern = "\\d"\nassert (1, "always")\n')
    code = (
        "import sys; from whytorch.script import read; from pathlib import Path;"
        "read('train.py', cwd=Path(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_reading_needs_no_torch_and_no_package_but_msgspec() -> None:
    code = (
        "import sys; before = set(sys.modules); import whytorch.evidence.source;"
        "new = {n.partition('.')[0] for n in set(sys.modules) - before};"
        "theirs = {'msgspec', 'typing_extensions'};"  # the latter is msgspec's, where installed
        "print(sorted(new - set(sys.stdlib_module_names) - theirs))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['whytorch']"


# --- the project's own files -----------------------------------------------------------------


def test_own_imports_are_followed_and_others_are_not(tmp_path: Path) -> None:
    write(
        tmp_path,
        train="import torch, os\nimport model\nfrom data import loaders\n"
        "def late():\n    try:\n        import extra\n    except ImportError:\n        pass\n",
        model="import numpy\nfrom blocks.conv import Block\n",
        blocks____init__="",
        blocks__conv="import torch\n",
        blocks__unused="x = 1\n",
        data__loaders="x = 1\n",
        extra="x = 1\n",
        unused="x = 1\n",
    )
    script = read("train.py", cwd=tmp_path)
    assert shown(script)[0] == "train.py"
    assert sorted(shown(script)[1:]) == [
        "blocks/__init__.py",
        "blocks/conv.py",
        "data/loaders.py",
        "extra.py",
        "model.py",
    ]
    assert script.unread == ()
    assert not script.more


def test_the_script_is_seen_first_from_its_own_folder(tmp_path: Path) -> None:
    write(
        tmp_path,
        scripts__train="import model\nimport helpers\nimport package.net\n",
        scripts__model="x = 'the script sees this one'\n",
        model="x = 'and not this one'\n",
        helpers="x = 1\n",
        src__package__net="x = 1\n",
    )
    script = read("scripts/train.py", cwd=tmp_path)
    assert sorted(shown(script)) == [
        "helpers.py",
        "scripts/model.py",
        "scripts/train.py",
        "src/package/net.py",
    ]


def test_relative_and_cyclic_imports(tmp_path: Path) -> None:
    write(
        tmp_path,
        pkg____init__="from .train import main\n",
        pkg__train="from . import model\nfrom .data.loaders import get\nfrom .. import nothing\n",
        pkg__model="from .train import main\nfrom pkg.model import Net\n",
        pkg__data____init__="from ..model import Net\n",
        pkg__data__loaders="from .. import model\nfrom ..missing import x\n",
    )
    script = read("pkg.train", module=True, cwd=tmp_path)
    assert (script.path, script.module) == ("pkg/train.py", "pkg.train")
    names = {file.path: file.modules for file in script.files}
    assert names == {
        "pkg/train.py": ("pkg.train",),
        "pkg/model.py": ("pkg.model",),
        "pkg/__init__.py": ("pkg",),
        "pkg/data/__init__.py": ("pkg.data",),
        "pkg/data/loaders.py": ("pkg.data.loaders",),
    }


def test_relative_imports_of_a_script_are_found_beside_it(tmp_path: Path) -> None:
    write(tmp_path, pkg__train="from .model import Net\n", pkg__model="class Net: ...\n")
    assert shown(read("pkg/train.py", cwd=tmp_path)) == ["pkg/train.py", "pkg/model.py"]


def test_what_is_installed_or_of_python_is_never_read(tmp_path: Path) -> None:
    write(tmp_path, train="import json\nimport fake\n")
    packages = tmp_path / "venv" / "site-packages"
    write(packages, fake="x = 1\n", tool="import fake\n")
    assert shown(read("train.py", cwd=packages.parent.parent)) == ["train.py"]
    assert shown(read(str(packages / "tool.py"), cwd=packages)) == [str(packages / "tool.py")]
    own = os.path.join(os.path.dirname(os.__file__), "json", "tool.py")
    assert len(read(own, cwd=Path(os.__file__).parent).files) == 1


def test_an_imported_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, train="import broken, latin\n", broken="def f(:\n", latin=b"x = '\xe9'\n")
    script = read("train.py", cwd=tmp_path)
    assert shown(script) == ["train.py"]
    assert script.unread[0].startswith("broken.py:1: ")
    assert script.unread[1].startswith("latin.py:1: byte 0xe9 is not utf-8")


def test_a_project_is_bounded(tmp_path: Path) -> None:
    modules = {f"m{n}": f"import m{n + 1}\n" for n in range(250)}
    script = read("m0.py", cwd=write(tmp_path, **modules))
    assert len(script.files) == 200
    assert script.more
    assert shown(script)[:3] == ["m0.py", "m1.py", "m2.py"]


# --- modules ---------------------------------------------------------------------------------


def test_a_package_runs_its_main(tmp_path: Path) -> None:
    write(tmp_path, pkg____init__="x = 1\n", pkg____main__="from .net import x\n")
    write(tmp_path, pkg__net="x = 1\n")
    script = read("pkg", module=True, cwd=tmp_path)
    assert (script.path, script.module) == ("pkg/__main__.py", "pkg")
    assert {file.path: file.modules for file in script.files} == {
        "pkg/__main__.py": ("pkg.__main__",),
        "pkg/__init__.py": ("pkg",),
        "pkg/net.py": ("pkg.net",),
    }


def test_a_module_in_src(tmp_path: Path) -> None:
    write(tmp_path, src__pkg__train="x = 1\n")
    assert read("pkg.train", module=True, cwd=tmp_path).path == "src/pkg/train.py"


def test_an_installed_module_is_found(tmp_path: Path) -> None:
    script = read("json.tool", module=True, cwd=tmp_path)
    assert script.absolute.parts[-2:] == ("json", "tool.py")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("pkg/train.py", "not a module's name"),
        ("pkg.missing", "No module named pkg.missing"),
        ("nothing_like_this", "No module named nothing_like_this"),
        ("pkg", "without __main__.py"),
        ("sys", "No module named sys"),
        ("", "not a module's name"),
    ],
)
def test_modules_that_do_not_exist(tmp_path: Path, name: str, says: str) -> None:
    write(tmp_path, pkg____init__="x = 1\n", pkg__train="x = 1\n")
    assert says in str(refused(name, tmp_path, module=True))


def test_finding_a_module_imports_no_package(tmp_path: Path) -> None:
    write(tmp_path, loud____init__="raise SystemExit('imported')\n", loud__train="x = 1\n")
    assert read("loud.train", module=True, cwd=tmp_path).path == "loud/train.py"
    assert "loud" not in sys.modules


# --- bad input -------------------------------------------------------------------------------


def test_a_missing_file(tmp_path: Path) -> None:
    write(tmp_path, train="x = 1\n", pkg__train="x = 1\n")
    assert str(refused("nothing.py", tmp_path)) == "No such file: nothing.py."
    assert "Did you mean train.py?" in str(refused("train", tmp_path))
    assert "Did you mean train.py?" in str(refused("trian.py", tmp_path))
    assert "Did you mean pkg/train.py?" in str(refused("pkg/tran.py", tmp_path))
    assert "-m pkg.train" in str(refused("pkg.train", tmp_path))
    assert "No such file" in str(refused("train.py/x.py", tmp_path))
    assert "No such file" in str(refused("no/such/folder/x.py", tmp_path))


def test_a_folder(tmp_path: Path) -> None:
    write(tmp_path, project__a="x = 1\n", project__b="x = 1\n", app____main__="x = 1\n")
    (tmp_path / "empty").mkdir()
    assert (
        str(refused("project", tmp_path))
        == "project is a folder, not a script. It holds a.py, b.py."
    )
    assert "app/__main__.py" in str(refused("app", tmp_path))
    assert str(refused("empty", tmp_path)) == "empty is a folder, not a script."


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("train.ipynb", "no notebook"),
        ("train.txt", "not a Python script (.txt)"),
        ("weights.pt", "not a Python script (.pt)"),
        ("run.sh", "a shell script"),
        ("train.pyc", "compiled Python"),
    ],
)
def test_not_python_by_its_name(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / name).write_text("x = 1\n")
    assert says in str(refused(name, tmp_path))


def test_not_python_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    assert str(refused("train.py", tmp_path)) == (
        "train.py is not Python source: it holds binary data."
    )
    (tmp_path / "big.py").write_bytes(b"#" * (17 * 2**20))
    assert "too large" in str(refused("big.py", tmp_path))


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n", "\ufeff"])
def test_an_empty_file(tmp_path: Path, content: str) -> None:
    write(tmp_path, train=content)
    assert "train.py is empty" in str(refused("train.py", tmp_path))


def test_a_file_that_cannot_be_decoded(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = 1\ny = 2\n\nz = '\xe9'\n")
    error = refused("a.py", tmp_path)
    assert "a.py:4: byte 0xe9 is not utf-8" in str(error)
    assert error.place is not None
    assert error.place.line == 4
    (tmp_path / "b.py").write_bytes(b"z = '\xe9'\n")
    assert "b.py:1: byte 0xe9 is not utf-8" in str(refused("b.py", tmp_path))
    for cookie in (b"# coding: klingon\nx = 1\n", b"# coding: rot13\nx = 1\n"):
        (tmp_path / "c.py").write_bytes(cookie)
        assert "c.py declares an encoding that Python can't use" in str(refused("c.py", tmp_path))


def test_a_syntax_error_shows_its_line_and_a_caret(tmp_path: Path) -> None:
    write(tmp_path, train="import torch\nfor epoch in range(10)\n    pass\n")
    error = refused("train.py", tmp_path)
    message, code, caret = str(error).split("\n")
    assert message.startswith("train.py:2: expected ':'")
    assert code == "    for epoch in range(10)"
    assert caret == " " * 4 + " " * 22 + "^"
    assert error.place is not None
    assert (error.place.path, error.place.line, error.place.column) == ("train.py", 2, 22)
    assert error.place.code == "for epoch in range(10)"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("x = (1,\ny = 2\n", 1),
        ("def f():\nreturn 1\n", 2),
        ("if True:\n\tx = 1\n        y = 2\n", 3),
        ("x = 'é' +\n", 1),
        ("print 'hello'\n", 1),
        ("x = '''\n\n", 1),
        ("def f():\n    pass\nreturn 1\n", 3),
        ("for x in y:\n    pass\nbreak\n", 3),
        ("def f():\n    nonlocal x\n", 2),
        ("def f(a, a):\n    pass\n", 1),
        ("x = 1\n\tif x:\n", 2),
        ("<<<<<<< HEAD\nx = 1\n=======\n", 1),
    ],
)
def test_syntax_errors(tmp_path: Path, code: str, line: int) -> None:
    error = refused("train.py", write(tmp_path, train=code))
    assert str(error).startswith(f"train.py:{line}: ")
    assert str(error).endswith("^")
    assert error.place is not None
    assert error.place.code == code.split("\n")[line - 1]


@pytest.mark.parametrize("code", ["x" + ".a()" * 50_000, "-" * 50_000 + "1", "x = " + "9" * 9_000])
def test_what_python_itself_cannot_compile(tmp_path: Path, code: str) -> None:
    assert "train.py" in str(refused("train.py", write(tmp_path, train=code)))


def test_special_files_do_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert "not a regular file" in str(refused("pipe.py", tmp_path))
    assert "not a regular file" in str(refused("/dev/zero", tmp_path))


def test_names_that_the_system_refuses(tmp_path: Path) -> None:
    assert "can't be read" in str(refused("train\0.py", tmp_path))
    assert "can't be read" in str(refused("x" * 5000 + ".py", tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    write(tmp_path, train="x = 1\n")
    (tmp_path / "train.py").chmod(0)
    assert "can't be read" in str(refused("train.py", tmp_path))
