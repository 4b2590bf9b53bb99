"""The command: text, exit codes, and nothing lost on the way.

What the rehearsal finds is tested elsewhere. Where a test here needs a certain report, or a fault,
`pipeline.diagnose` is replaced; where it needs the command itself, a process is started.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import HEADLINE, REPORT, SOUND, Run, on_a_terminal
from msgspec.structs import replace

from whytorch import cli, saved
from whytorch.catalog import load_catalog
from whytorch.records import (
    Finding,
    Options,
    Place,
    Report,
    ScriptInfo,
    Verdict,
)
from whytorch.script import ScriptError


def test_the_report_is_printed_and_its_first_line_is_the_answer(
    answers: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = answers(REPORT)
    assert cli.main(["--budget", "5s", "--seed=1", "train.py", "--epochs", "3"]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == HEADLINE
    assert err == ""
    ((target, args, options),) = calls
    assert (target, args) == ("train.py", ("--epochs", "3"))
    # Standard error is no terminal here, so there is no progress to show.
    assert options == {
        "module": False,
        "options": Options(budget=5.0, seed=1),
        "progress": None,
    }


def test_a_module(answers: Any) -> None:
    calls = answers(SOUND)
    assert cli.main(["-m", "pkg.train", "-m"]) == 0
    ((target, args, options),) = calls
    assert (target, args, options["module"]) == ("pkg.train", ("-m",), True)


ADVICE = replace(REPORT.findings[0], severity="advice")
WARNING = replace(REPORT.findings[0], severity="warning")


@pytest.mark.parametrize(
    ("kind", "findings", "code"),
    [
        ("nothing-found", (), 0),
        ("nothing-found", (ADVICE,), 0),
        ("mistake", (ADVICE,), 0),
        ("mistake", (WARNING,), 1),
        ("mistake", (ADVICE, REPORT.findings[0]), 1),
        ("unknown-cause", (), 1),
        ("expectation-unrealistic", (), 1),
        ("not-judged", (), 3),
        ("not-judged", (WARNING,), 1),
    ],
)
def test_exit_codes(answers: Any, kind: Any, findings: tuple[Finding, ...], code: int) -> None:
    answers(Report(ScriptInfo("a.py"), Verdict(kind, "the answer"), findings))
    assert cli.main(["a.py"]) == code


def test_json_on_standard_output(answers: Any, capsys: pytest.CaptureFixture[str]) -> None:
    answers(REPORT)
    assert cli.main(["--format", "json", "train.py"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"]["headline"] == HEADLINE


class TestErrors:
    def test_a_script_that_cannot_be_read(
        self, answers: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        place = Place("train.py", 3, column=4, code="loss =\x1b[31m = 3")
        answers(ScriptError("invalid syntax", place))
        assert cli.main(["train.py"]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.splitlines() == [
            "whytorch: train.py:3: invalid syntax",
            r"    loss =\x1b[31m = 3",
            "        ^",
        ]

    def test_without_a_place(self, answers: Any, capsys: pytest.CaptureFixture[str]) -> None:
        answers(ScriptError("there is no file gone.py"))
        assert cli.main(["gone.py"]) == 2
        assert capsys.readouterr().err == "whytorch: there is no file gone.py\n"

    def test_a_second_interrupt(self, answers: Any, capsys: pytest.CaptureFixture[str]) -> None:
        answers(KeyboardInterrupt())
        assert cli.main(["train.py"]) == 130
        assert capsys.readouterr().err == "whytorch: interrupted\n"

    def test_a_fault_of_ours_is_not_taken_for_a_finding(
        self, answers: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answers(ZeroDivisionError("ours"))
        assert cli.main(["train.py"]) == 3
        err = capsys.readouterr().err
        assert "Traceback" in err
        assert err.splitlines()[-1].startswith("whytorch: this is a fault of whytorch, not of your")

    @pytest.mark.parametrize("option", ["--select", "--ignore"])
    def test_an_unknown_id_is_found_before_the_rehearsal(
        self, option: str, answers: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        calls = answers(REPORT)
        known = load_catalog()[0].id
        assert cli.main([option, known[:-1] + "q", "train.py"]) == 2
        assert f"did you mean {known}" in capsys.readouterr().err
        assert calls == []

    def test_wrong_usage(self, run: Run) -> None:
        done = run("--bugdet", "3", "train.py")
        assert (done.returncode, done.stdout) == (2, "")
        assert "did you mean --budget?" in done.stderr
        assert "whytorch --help" in done.stderr

    def test_no_arguments(self, run: Run) -> None:
        done = run()
        assert (done.returncode, done.stdout) == (2, "")
        assert "which script?" in done.stderr


class TestOutput:
    def test_the_report_goes_to_the_file_and_the_answer_to_the_reader(
        self, answers: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answers(REPORT)
        assert cli.main(["--format", "json", "--output", "r.json", "train.py"]) == 1
        assert json.loads(Path("r.json").read_text())["verdict"]["headline"] == HEADLINE
        assert capsys.readouterr().out == f"{HEADLINE}\nThe report is in r.json\n"
        assert os.listdir() == ["r.json"]

    def test_quiet_says_nothing(self, answers: Any, capsys: pytest.CaptureFixture[str]) -> None:
        answers(REPORT)
        assert cli.main(["-q", "--output", "r.txt", "train.py"]) == 1
        assert Path("r.txt").read_text(encoding="utf-8").startswith(f"{HEADLINE}\n")
        assert capsys.readouterr() == ("", "")

    def test_a_former_report_is_replaced_through_a_link(self, answers: Any) -> None:
        answers(REPORT)
        Path("real.txt").write_text("a former report that was longer" * 100)
        Path("real.txt").chmod(0o640)
        Path("link.txt").symlink_to("real.txt")
        cli.main(["--output", "link.txt", "train.py"])
        assert Path("link.txt").is_symlink()
        assert Path("real.txt").read_text(encoding="utf-8").startswith(HEADLINE)
        assert "former" not in Path("real.txt").read_text(encoding="utf-8")
        assert Path("real.txt").stat().st_mode & 0o777 == 0o640

    @pytest.mark.parametrize(
        ("output", "says"),
        [
            ("missing/r.json", "the folder missing does not exist"),
            (".", "this is a folder"),
            ("file.txt/r.json", "the folder file.txt does not exist"),
            ("x" * 300, "cannot be written: File name too long"),
            ("a\0b", "cannot be written"),
        ],
    )
    def test_what_cannot_be_written_is_found_before_the_rehearsal(
        self, output: str, says: str, answers: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        calls = answers(REPORT)
        Path("file.txt").write_text("mine")
        assert cli.main(["--output", output, "train.py"]) == 2
        assert says in capsys.readouterr().err
        assert calls == []
        assert os.listdir() == ["file.txt"]

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_an_unwritable_folder(self, answers: Any, capsys: pytest.CaptureFixture[str]) -> None:
        calls = answers(REPORT)
        Path("locked").mkdir(mode=0o500)
        assert cli.main(["--output", "locked/r.json", "train.py"]) == 2
        assert "Permission denied" in capsys.readouterr().err
        assert calls == []

    def test_a_wrong_usage_leaves_no_file(self, answers: Any) -> None:
        answers(ScriptError("no script"))
        assert cli.main(["--output", "r.json", "train.py"]) == 2
        assert os.listdir() == []

    def test_a_folder_that_vanishes_meanwhile_does_not_lose_the_report(
        self, answers: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answers(REPORT)
        Path("folder").mkdir()

        def diagnose(*args: Any, **options: Any) -> Report:
            Path("folder").rmdir()
            return REPORT

        monkeypatch.setattr("whytorch.pipeline.diagnose", diagnose)
        assert cli.main(["--output", "folder/r.txt", "train.py"]) == 2
        out, err = capsys.readouterr()
        assert out.startswith(HEADLINE)
        assert "could not be written to folder/r.txt" in err

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
    def test_a_full_disk_does_not_lose_the_report(
        self, answers: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answers(REPORT)
        assert cli.main(["--output", "/dev/full", "train.py"]) == 2
        out, err = capsys.readouterr()
        assert out.startswith(HEADLINE)
        assert "No space left" in err


class TestSavedRuns:
    def test_a_saved_run_is_shown_again(self, run: Run, tmp_path: Path) -> None:
        saved.store(REPORT, tmp_path)
        done = run("report", ".")
        assert (done.returncode, done.stderr) == (1, "")
        assert done.stdout.splitlines()[0] == HEADLINE
        as_json = run("report", ".", "--format", "json", "--output", "r.json", "-q")
        assert (as_json.returncode, as_json.stdout) == (1, "")
        assert json.loads((tmp_path / "r.json").read_text())["findings"][0]["rank"] == 1

    def test_its_page(self, run: Run, tmp_path: Path) -> None:
        report = replace(REPORT, saved=str(tmp_path))
        saved.store(report, tmp_path)
        page = run("report", ".", "--format", "html", "--output", "r.html", "-q")
        assert (page.returncode, page.stdout, page.stderr) == (1, "", "")
        assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
        # A person at a terminal is told where it is instead.
        shown = on_a_terminal("report", ".", "--format", "html", cwd=tmp_path).decode()
        assert shown.splitlines()[0] == HEADLINE
        assert len(shown) < 1000 and "The page is ." in shown

    def test_old_runs_go_and_older_pages_before_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WHYTORCH_HOME", str(tmp_path))
        monkeypatch.setattr(saved, "KEPT", 5)
        monkeypatch.setattr(saved, "PAGES", 2)
        for number in range(7):
            monkeypatch.setattr("time.strftime", lambda form, n=number: f"2026-{n}")
            (saved.new_run("train.py") / saved.PAGE).write_text("a page")
        runs = sorted((tmp_path / "runs").iterdir())
        assert [(run / saved.PAGE).is_file() for run in runs] == [False] * 3 + [True] * 2

    def test_without_torch(self, tmp_path: Path) -> None:
        saved.store(REPORT, tmp_path)
        code = (
            "import sys; sys.modules['torch'] = None\n"
            "from whytorch.cli import main; sys.exit(main(['report', '.']))"
        )
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert (done.returncode, done.stderr) == (1, "")
        assert done.stdout.startswith(HEADLINE)

    def test_what_is_no_run(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("no run")
        for path in ("gone", ".", "notes.txt"):
            done = run("report", path)
            assert (done.returncode, done.stdout) == (2, "")
            assert done.stderr.startswith("whytorch: ")
            assert "Traceback" not in done.stderr


class TestHelp:
    def test_help(self, run: Run) -> None:
        done = run("--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert "whytorch [options] train.py [its own arguments]" in done.stdout

    def test_version(self, run: Run) -> None:
        import whytorch

        assert run("--version").stdout == f"whytorch {whytorch.__version__}\n"

    def test_list_has_every_check_on_a_line(self, run: Run) -> None:
        done = run("list")
        assert done.returncode == 0
        lines = done.stdout.splitlines()
        assert [line.split()[0] for line in lines] == [check.id for check in load_catalog()]
        for check, line in zip(load_catalog(), lines, strict=True):
            assert line.endswith(f"  {check.title}")
            assert f"  {check.area} " in line

    def test_explain_shows_the_whole_page(self, run: Run) -> None:
        for check in load_catalog()[:2]:
            page = run("explain", check.id.replace("-", "_")).stdout
            assert page.startswith(f"{check.title}\n{check.id}, in {check.area}\n")
            for heading, text in check.sections.items():
                assert f"\n{heading}\n  {text.splitlines()[0]}" in page
            assert "# <- here" in page

    def test_explain_with_a_typo(self, run: Run) -> None:
        known = load_catalog()[0].id
        done = run("explain", known[:-1] + "q")
        assert (done.returncode, done.stdout) == (2, "")
        assert f"did you mean {known}" in done.stderr


def test_a_typo_is_answered_without_the_heavy_imports() -> None:
    code = "import sys, whytorch.cli\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "whytorch.arguments" in loaded
    heavy = {"torch", "numpy", "rich", "libcst", "importlib.metadata"}
    assert loaded & heavy == set()
    assert {name for name in loaded if name.startswith("whytorch.")} == {
        "whytorch.arguments",
        "whytorch.cli",
        "whytorch.console",
        "whytorch.edits",
        "whytorch.output",
        "whytorch.watch_command",
        "whytorch.records",
        "whytorch.reports",
    }
