"""The page in a real, headless Chromium: no error, no request, every chart drawn, for every reader.

Skipped where there is no Chromium (Debian: apt-get install chromium) or no playwright.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from whytorch import saved

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright (pip)")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = os.environ.get("WHYTORCH_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
SIZES = {"desktop": (1100, 900), "phone": (390, 844)}
DRAWN = "() => [...document.querySelectorAll('.plot')].every(p => !p.offsetParent || \
p.querySelector('.main-svg'))"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (or WHYTORCH_CHROMIUM)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield made
        made.close()


class Opened:
    """A page in the browser, and what went wrong on it."""

    def __init__(self, browser: Any, run: Path, size: str = "desktop", **how: Any) -> None:
        width, height = SIZES[size]
        viewport = {"width": width, "height": height}
        self.context = browser.new_context(viewport=viewport, **how)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.add_init_script("window.pwned = 0; window.hacked = () => { window.pwned += 1; }")
        self.page.goto((run / saved.PAGE).as_uri())

    def drawn(self) -> Opened:
        self.page.wait_for_function(DRAWN)
        return self


@contextlib.contextmanager
def opened(browser: Any, run: Path, size: str = "desktop", **how: Any) -> Iterator[Opened]:
    made = Opened(browser, run, size, **how)
    yield made
    made.context.close()


@pytest.fixture(scope="module")
def light(browser: Any, runs: tuple[Path, Path]) -> Iterator[Opened]:
    """The broken run's page, for tests that only look at it."""
    with opened(browser, runs[0], color_scheme="light") as it:
        yield it.drawn()


@pytest.mark.parametrize(
    ("which", "scheme", "size"),
    [(0, "light", "desktop"), (0, "dark", "phone"), (1, "light", "phone")],
    ids=["broken-light-desktop", "broken-dark-phone", "right-light-phone"],
)
def test_it_is_drawn_without_an_error_or_a_request(
    browser: Any, runs: tuple[Path, Path], which: int, scheme: str, size: str
) -> None:
    with opened(browser, runs[which], size, color_scheme=scheme) as it:
        it.drawn()
        # What lies in closed parts is drawn once these are opened.
        it.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        it.drawn()
        plots = it.page.locator(".plot").count()
        assert plots >= 9
        assert it.page.locator(".plot:has(.main-svg)").count() == plots
        marks = "p => p.querySelectorAll('path, rect, image').length > 5"
        assert it.page.evaluate(f"[...document.querySelectorAll('.plot')].every({marks})")
        wide = it.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0
        assert it.page.evaluate("window.pwned") == 0
        assert it.wrong == []
        assert [url for url in it.asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_no_colour_is_left_without_a_value(light: Opened) -> None:
    styles = light.page.evaluate(
        "[...document.querySelectorAll('.plot *')].map(e => e.getAttribute('style') || '')"
    )
    assert len(styles) > 100
    assert not any(": --" in style for style in styles)


def test_dark_differs_from_light_and_can_be_read_as_well(light: Opened) -> None:
    """4.5 to 1, of every text of the page that is visible; charts have the same colours."""
    read = (
        "() => [getComputedStyle(document.body).backgroundColor,"
        " document.querySelector('.plot .xtick text').style.fill]"
    )
    before = light.page.evaluate(read)
    assert light.page.evaluate(CONTRASTS) == []
    light.page.emulate_media(color_scheme="dark")  # while it is open
    light.page.wait_for_function(f"before => ({read})()[1] !== before", arg=before[1])
    after = light.page.evaluate(read)
    assert all(a != b for a, b in zip(before, after, strict=True))
    assert light.page.evaluate(CONTRASTS) == []
    light.page.emulate_media(color_scheme="light")


def test_the_keyboard_reaches_the_copy_button_and_copies(
    browser: Any, runs: tuple[Path, Path]
) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    with opened(browser, runs[0], permissions=permissions) as it:
        it.drawn()
        for _ in range(30):
            it.page.keyboard.press("Tab")
            if it.page.evaluate("document.activeElement.dataset.copy") == "first-diff":
                break
        focused = "getComputedStyle(document.activeElement)"
        assert it.page.evaluate("document.activeElement.textContent") == "Copy the diff"
        assert it.page.evaluate(f"{focused}.outlineStyle") == "solid"
        it.page.keyboard.press("Enter")
        it.page.wait_for_function("document.getElementById('first-diff-said').textContent")
        assert it.page.locator("#first-diff-said").text_content() == "Copied"
        copied = it.page.evaluate("navigator.clipboard.readText()")
        assert copied == saved.load(runs[0]).findings[0].fix.diff  # type: ignore[union-attr]


def test_a_screen_reader_is_told_what_is_there(light: Opened) -> None:
    tree = light.page.locator("body").aria_snapshot()
    for part in (
        "main",
        "banner",
        "contentinfo",
        "navigation",
        "heading",
        'button "Copy the diff"',
    ):
        assert part in tree
    assert 'img "The loss, step by step. The loss went from' in tree


def test_without_javascript_the_answer_is_there(browser: Any, runs: tuple[Path, Path]) -> None:
    report = saved.load(runs[0])
    with opened(browser, runs[0], java_script_enabled=False) as it:
        shown = it.page.locator("main").inner_text()
        assert report.verdict.headline in shown
        assert "optimizer.zero_grad()" in shown
        assert "The loss went from" in shown  # what a chart would show
        assert not it.page.locator("button").first.is_visible()
        assert not it.page.locator(".plot").first.is_visible()


# WCAG 2.1, relative luminance and contrast ratio.
CONTRASTS = """() => {
  const parts = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const lum = c => parts(c).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor, p = parts(c);
      if (p.length === 3 || p[3] === 1) return c;
    }
    return "rgb(255, 255, 255)";
  };
  const low = [];
  for (const e of document.querySelectorAll("main *, header *, footer")) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.offsetParent || e.closest(".plot, svg")) continue;
    const a = lum(getComputedStyle(e).color), b = lum(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`);
  }
  return [...new Set(low)];
}"""
