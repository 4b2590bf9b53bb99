"""Why is my PyTorch CNN script not producing expected results?

`whytorch train.py` in a shell, or `whytorch.diagnose("train.py")` in Python, gives a `Report`; so
does `whytorch.diagnose(model=..., train_loader=..., loss_fn=..., optimizer=...)`. In a notebook,
`%load_ext whytorch` brings `%%whytorch`, which diagnoses the cell below it.
The names are imported when they are first used, so that `import whytorch` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whytorch.live import diagnose, load
    from whytorch.records import Finding, NotJudged, Options, Report, Verdict
    from whytorch.scan import check
    from whytorch.watching import watch

    __version__: str

__all__ = [
    "Finding",
    "NotJudged",
    "Options",
    "Report",
    "Verdict",
    "__version__",
    "check",
    "diagnose",
    "load",
    "watch",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from whytorch.version import installed

        value: Any = installed()
    elif name == "check":
        from whytorch import scan

        value = scan.check
    elif name in ("diagnose", "load"):
        from whytorch import live

        value = getattr(live, name)
    elif name in ("load_ipython_extension", "unload_ipython_extension"):
        from whytorch import magics

        value = getattr(magics, name)
    elif name == "watch":
        from whytorch import watching

        value = watching.watch
    elif name in __all__:
        from whytorch import records

        value = getattr(records, name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
