"""`whytorch check`: cells of notebooks, comments and settings that switch checks off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import CODE_LINE, LOOP, RIGHT, SOFTMAX, Check, notebook, write

from whytorch import cli, pipeline, scan

pytestmark = pytest.mark.usefixtures("here")


class TestNotebooks:
    def test_cell_and_line(self, check: Check) -> None:
        first, last = LOOP.split("for ")
        write("n.ipynb", notebook("#md words", f"%matplotlib inline\n{first}", f"!ls\nfor {last}"))
        code, out, _ = check("n.ipynb")
        assert code == 1
        assert out.startswith("n.ipynb:cell 3:4:5: error missing-zero-grad: ")

    @pytest.mark.parametrize(
        "magic",
        [
            "%matplotlib inline",
            "!pip install x \\\n  y",
            "files = !ls",
            "out = %timeit 1",
            "model?",
            "?model",
            "model.fit??",
            "%%time",
            "%load_ext a.b\n%autoreload 2",
        ],
    )
    def test_magics(self, magic: str) -> None:
        write("n.ipynb", notebook(f"{magic}\n{LOOP}"))
        checked = scan.check(["n.ipynb"])
        assert checked.unread == ()
        (found,) = checked.findings
        assert (found.places[0].cell, found.places[0].line) == (1, 8 + magic.count("\n"))

    @pytest.mark.parametrize(
        "code", ['text = """\n%s\n! no magic\n"""', "print('%d'\n% 3)", "x = [\n  7\n  % 4]"]
    )
    def test_what_only_looks_like_magic(self, code: str) -> None:
        write("n.ipynb", notebook(f"%pylab\n{code}\n", LOOP))
        checked = scan.check(["n.ipynb"])
        assert checked.unread == ()
        assert len(checked.findings) == 1

    def test_a_magic_in_a_block(self) -> None:
        write("n.ipynb", notebook(f"if colab:\n    !pip install torch\n{LOOP}"))
        assert len(scan.check(["n.ipynb"]).findings) == 1

    def test_a_broken_cell_is_named_and_the_rest_is_read(self, check: Check) -> None:
        write("n.ipynb", notebook("import torch\nx = = 1", "%%bash\nls -l | torch", LOOP))
        code, out, _ = check("n.ipynb")
        assert code == 1
        assert "n.ipynb:cell 3:7:5: error missing-zero-grad" in out
        assert "n.ipynb:cell 1:2: not read: invalid syntax" in out

    @pytest.mark.parametrize("text", ["no json torch", "[1]", '{"torch": 1}', '{"cells": 3}'])
    def test_no_notebook(self, text: str) -> None:
        write("n.ipynb", text + " torch" if text.startswith("no") else text.replace("1", '"torch"'))
        checked = scan.check(["n.ipynb"])
        assert checked.findings == ()
        assert len(checked.unread) == (0 if "torch" not in Path("n.ipynb").read_text() else 1)

    def test_another_language(self) -> None:
        metadata = {"kernelspec": {"language": "R", "name": "ir"}}
        write("n.ipynb", notebook(LOOP, metadata=metadata))
        assert scan.check(["n.ipynb"]).findings == ()

    def test_an_old_notebook(self) -> None:
        cells = [{"cell_type": "code", "input": LOOP}]
        write("n.ipynb", json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}))
        assert len(scan.check(["n.ipynb"]).findings) == 1


class TestIgnoring:
    @pytest.mark.parametrize(
        "comment",
        [
            "# whytorch: ignore[missing-zero-grad]",
            "# whytorch:ignore[unscaled-inputs, missing-zero-grad]",
            "# whytorch: ignore",
            "# on purpose  # whytorch: ignore[missing_zero_grad]",
        ],
    )
    def test_a_comment_on_the_line(self, comment: str) -> None:
        write("a.py", LOOP.replace(CODE_LINE, f"{CODE_LINE}  {comment}"))
        assert scan.check(["a.py"]).findings == ()

    @pytest.mark.parametrize(
        "comment",
        ["# whytorch: ignore[dead-relu]", "# whytorch: ignore[]", "'# whytorch: ignore'"],
    )
    def test_another_comment(self, comment: str) -> None:
        line = f"{CODE_LINE}; {comment}" if comment[0] == "'" else f"{CODE_LINE}  {comment}"
        write("a.py", LOOP.replace(CODE_LINE, line))
        assert len(scan.check(["a.py"]).findings) == 1

    def test_on_any_line_of_the_statement(self) -> None:
        several = "    loss.backward(\n        # whytorch: ignore[missing-zero-grad]\n    )"
        write("a.py", LOOP.replace(CODE_LINE, several))
        assert scan.check(["a.py"]).findings == ()

    def test_not_on_another_line(self) -> None:
        write("a.py", LOOP.replace(CODE_LINE, f"    # whytorch: ignore\n{CODE_LINE}"))
        assert len(scan.check(["a.py"]).findings) == 1

    def test_in_a_notebook(self) -> None:
        write("n.ipynb", notebook(LOOP.replace(CODE_LINE, f"{CODE_LINE}  # whytorch: ignore")))
        assert scan.check(["n.ipynb"]).findings == ()

    @pytest.mark.parametrize("silenced", [True, False])
    def test_in_a_diagnosis(self, silenced: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of the whole pipeline: the rehearsal of this script ends at once, its source speaks."""
        comment = "  # whytorch: ignore[missing-zero-grad]" if silenced else ""
        write("a.py", "raise SystemExit\n" + LOOP.replace(CODE_LINE, CODE_LINE + comment))
        monkeypatch.setenv("WHYTORCH_HOME", str(Path.cwd() / "home"))
        report = pipeline.diagnose("a.py")
        assert [f.id for f in report.findings] == ([] if silenced else ["missing-zero-grad"])


class TestSettings:
    def settings(self, text: str, folder: str = ".") -> None:
        write(f"{folder}/pyproject.toml", f"[project]\nname = 'x'\n\n[tool.whytorch]\n{text}\n")

    def test_select(self) -> None:
        write("a.py", SOFTMAX)
        self.settings('select = ["softmax-before-cross-entropy"]')
        assert [f.id for f in scan.check(["."]).findings] == ["softmax-before-cross-entropy"]
        (found,) = scan.check(["."], select=["missing-zero-grad"]).findings
        assert found.id == "missing-zero-grad"  # the command line comes first

    def test_ignore(self) -> None:
        write("a.py", SOFTMAX)
        self.settings('ignore = ["missing-zero-grad"]')
        assert [f.id for f in scan.check(["."]).findings] == ["softmax-before-cross-entropy"]
        assert not scan.check(["."], ignore=["softmax-before-cross-entropy"]).findings

    @pytest.mark.parametrize(
        "pattern",
        ["old", "old/", "old/*", "old/**", "**/bad.py", "bad.py", "old/deep/bad.py", "./old/deep",
         "b?d.py", "{old,new}", "o*"],
    )  # fmt: skip
    def test_exclude(self, pattern: str, check: Check) -> None:
        write("good.py", RIGHT)
        write("old/deep/bad.py")
        self.settings(f'exclude = ["{pattern}"]')
        assert check(".") == (0, "Nothing found in 1 file.\n", "")
        # A file that is named is read all the same, as ruff does.
        assert check("old/deep/bad.py")[0] == 1
        assert check("old/deep/bad.py", "--force-exclude")[0] == 3

    @pytest.mark.parametrize("pattern", ["other", "deep/bad.py", "bad", "/old", "*.ipynb"])
    def test_exclude_of_others(self, pattern: str) -> None:
        write("old/deep/bad.py")
        self.settings(f'exclude = ["{pattern}"]')
        assert scan.check(["."]).files == 1

    def test_per_file_ignores(self) -> None:
        for path in ("tests/a.py", "src/b.py", "src/conftest.py"):
            write(path)
        lines = '"tests/*" = ["missing-zero-grad"]\n"conftest.py" = ["missing-zero-grad"]'
        self.settings(f"[tool.whytorch.per-file-ignores]\n{lines}")
        assert [f.places[0].path for f in scan.check(["."]).findings] == ["src/b.py"]

    def test_all_but(self) -> None:
        write("tests/a.py")
        write("src/b.py")
        self.settings('per-file-ignores = { "!src/**" = ["missing-zero-grad"] }')
        assert [f.places[0].path for f in scan.check(["."]).findings] == ["src/b.py"]

    def test_the_nearest_one_with_a_table_counts(self) -> None:
        write("pkg/inner/a.py")
        self.settings('ignore = ["missing-zero-grad"]')
        write("pkg/pyproject.toml", "[tool.ruff]\n# not of whytorch\n")
        assert scan.check(["pkg"]).findings == ()
        self.settings("ignore = []", "pkg/inner")
        assert len(scan.check(["pkg"]).findings) == 1

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("selct = []", "knows no selct; it knows select, ignore, exclude, per-file-ignores"),
            ("select = 'missing-zero-grad'", "select in [tool.whytorch] must be a list of texts"),
            ("ignore = [3]", "ignore in [tool.whytorch] must be a list of texts"),
            ("per-file-ignores = ['a']", "per-file-ignores must be a table of patterns"),
            ("select = ['missing-zero-grat']", "did you mean missing-zero-grad"),
            ("select = [", "is not valid TOML"),
        ],
    )
    def test_wrong_settings(
        self, text: str, says: str, check: Check, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write("a.py")
        self.settings(text)
        code, out, err = check("a.py")
        assert (code, out) == (2, "")
        assert "pyproject.toml" in err and says in err
        assert cli.main(["a.py"]) == 2
        assert says in capsys.readouterr().err

    def test_in_a_diagnosis(self, monkeypatch: pytest.MonkeyPatch) -> None:
        write("a.py", "raise SystemExit\n" + SOFTMAX)
        self.settings('per-file-ignores = { "a.py" = ["missing-zero-grad"] }')
        monkeypatch.setenv("WHYTORCH_HOME", str(Path.cwd() / "home"))
        assert [f.id for f in pipeline.diagnose("a.py").findings] == [
            "softmax-before-cross-entropy"
        ]
