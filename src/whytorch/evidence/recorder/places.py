"""Which line of the user's own code led here."""

from __future__ import annotations

import os
import sys
import sysconfig
from types import FrameType

_NOT_USER = ("site-packages", "dist-packages")
_OURS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep
_RUNNER = os.path.join(_OURS, "evidence", "running.py")  # outside it, frames are not the script's
_STDLIB = tuple(
    os.path.abspath(p) + os.sep
    for p in {sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["platstdlib"]}
)
_known: dict[str, bool] = {}


def is_user_file(name: str) -> bool:
    """True for files of the script's own project: not installed, not of Python, not ours."""
    known = _known.get(name)
    if known is None:
        path = os.path.abspath(name) + os.sep
        known = _known[name] = not (
            (name.startswith("<") and not name.startswith("<ipython-input-"))
            or path.startswith(_STDLIB)
            or path.startswith(_OURS)
            or any(part in path for part in _NOT_USER)
        )
    return known


def is_library_file(name: str) -> bool:
    """True for installed packages, torch itself and what we are left out."""
    path = name.replace("\\", "/")
    installed = any(f"/{part}/" in path for part in _NOT_USER)
    return installed and "/torch/" not in path and not path.startswith(_OURS)


def is_ours(name: str) -> bool:
    """True for the recorder's own files."""
    return name.startswith(_OURS)


def user_frame(start: FrameType | None = None) -> FrameType | None:
    """The innermost frame of the user's own code, or None."""
    frame: FrameType | None = start or sys._getframe(1)
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        frame = frame.f_back if frame.f_code.co_filename != _RUNNER else None
    return frame


def place_of(frame: FrameType | None) -> dict[str, object] | None:
    """A Place as the record holds it. Multi-line calls: the line on which the call begins."""
    if frame is None:
        return None
    return {"path": frame.f_code.co_filename, "line": frame.f_lineno}


def places_from(frame: FrameType | None, most: int = 6) -> list[dict[str, object]]:
    """The places of the user's frames from `frame` outwards, innermost first."""
    return [{"path": path, "line": line} for path, line, _ in way_to(frame, most)]


def way_to(frame: FrameType | None, most: int = 6) -> tuple[tuple[str, int, int], ...]:
    """(path, line, instruction) of the user's frames from `frame` outwards: two calls in one line
    are two ways. Of the innermost no instruction: a loop may stand there."""
    way: list[tuple[str, int, int]] = []
    while frame is not None and len(way) < most and frame.f_code.co_filename != _RUNNER:
        if is_user_file(frame.f_code.co_filename):
            way.append((frame.f_code.co_filename, frame.f_lineno, frame.f_lasti if way else 0))
        frame = frame.f_back
    return tuple(way)


def here() -> dict[str, object] | None:
    """The place in the user's own code that led to the caller."""
    return place_of(user_frame(sys._getframe(1)))


def constructs(frame: FrameType, made: object) -> bool:
    """Whether this frame is a constructor of the object itself."""
    return frame.f_code.co_name == "__init__" and frame.f_locals.get("self") is made
