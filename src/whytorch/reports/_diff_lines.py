"""Lines of a diff that are wider than the page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

_BEFORE = 16  # characters in front of what differs, so that one sees where it is


def in_sight(lines: Sequence[str], width: int, ellipsis: str) -> list[str]:
    """The lines of a diff, with what differs in sight: of lines wider than `width` the part in
    front of it that both have is left out."""
    shown = list(lines)
    number = 0
    while number < len(lines):
        gone = _run(lines, number, "-")
        come = _run(lines, number + gone, "+")
        for at in range(number, number + gone if gone == come else number):
            start = _alike(lines[at][1:], lines[at + gone][1:]) - _BEFORE
            if start > width // 3 and max(len(lines[at]), len(lines[at + gone])) > width:
                for one in (at, at + gone):
                    shown[one] = f"{lines[one][0]}{ellipsis}{lines[one][1 + start :]}"
        number += max(1, gone + come)
    return shown


def _run(lines: Sequence[str], start: int, sign: str) -> int:
    """How many lines begin with the sign, from `start` on."""
    return sum(1 for _ in takewhile(lambda line: line[:1] == sign, lines[start:]))


def _alike(one: str, other: str) -> int:
    """How many characters two lines have in common in front."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
