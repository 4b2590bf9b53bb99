"""The documentation site: it builds, has a page for each mistake, and its getting-started works."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from whytorch.catalog import load_catalog
from whytorch.reports import explain

ROOT = Path(__file__).resolve().parent.parent
START = ROOT / "docs" / "index.md"


def test_the_site_builds_with_a_page_for_each_mistake(tmp_path: Path) -> None:
    pytest.importorskip("material")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for check in load_catalog():
        assert (tmp_path / "mistakes" / check.id / "index.html").is_file()
    page = (tmp_path / "mistakes" / "missing-zero-grad" / "index.html").read_text()
    assert "<h2" in page and "Why it hurts" in page and "optimizer.zero_grad()" in page
    index = (tmp_path / "mistakes" / "index.html").read_text()
    assert len(set(re.findall(r'href="([a-z-]+)/"', index))) >= len(load_catalog())
    # Nothing is fetched from elsewhere.
    assert not re.search(r'<(?:script|link|img)[^>]+(?:src|href)="https?://', page)


@pytest.mark.parametrize("check", load_catalog(), ids=lambda check: check.id)
def test_what_a_check_says_is_no_markup(check: object) -> None:
    from markdown_it import MarkdownIt

    text = explain.markdown(check)  # type: ignore[arg-type]
    found = MarkdownIt().parse(text)
    kinds = {e.type for e in found} | {c.type for e in found for c in e.children or ()}
    assert not kinds & {"html_block", "html_inline", "em_open", "strong_open", "link_open",
                        "image", "code_block", "hr"}, kinds  # fmt: skip


def test_the_getting_started_is_executed(tmp_path: Path) -> None:
    text = START.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert [kind for kind, _ in blocks] == [
        "python", "console", "console", "console", "diff", "console",
    ]  # fmt: skip
    script = tmp_path / "train.py"
    environment = {**os.environ, "WHYTORCH_HOME": str(tmp_path / "home")}
    for kind, block in blocks:
        if kind == "python":
            script.write_text(block)
        elif kind == "diff":
            old = "".join(x[1:] for x in block.splitlines(keepends=True) if x[0] != "+")
            new = "".join(x[1:] for x in block.splitlines(keepends=True) if x[0] != "-")
            assert script.read_text().count(old) == 1
            script.write_text(script.read_text().replace(old, new))
        else:
            command, _, expected = block.partition("\n")
            program, *words = shlex.split(command.removeprefix("$ "))
            done = subprocess.run(
                [sys.executable, "-m", program, *words],
                cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            pattern = re.escape(expected.rstrip()).replace(r"\[\.\.\.\]", ".*")
            assert re.match(pattern, done.stdout, re.DOTALL), done.stdout + done.stderr
