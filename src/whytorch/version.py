"""Which version of whytorch this is."""

from __future__ import annotations

_UNINSTALLED = "0.1.0+source"


def installed() -> str:
    """The installed version; read late, since looking it up takes time."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("whytorch")
    except PackageNotFoundError:
        return _UNINSTALLED
