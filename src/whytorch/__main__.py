"""`python -m whytorch` is `whytorch`."""

from __future__ import annotations

import sys

from whytorch.cli import main

if __name__ == "__main__":
    sys.exit(main())
