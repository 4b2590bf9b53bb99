"""Lets the tests of this folder import `report_samples`, the reports that they share."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
