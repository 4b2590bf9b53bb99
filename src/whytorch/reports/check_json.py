"""What a check found, as JSON: the findings as in a report, and what could not be read.

A place in a notebook has a `cell`, and its lines are counted within that.
"""

from __future__ import annotations

import json

from whytorch import version
from whytorch.records import Checked
from whytorch.reports.json import finding_plain, place_plain, plain

SCHEMA = 1


def render(checked: Checked) -> str:
    """One JSON object, indented, in ASCII."""
    told = {
        "schema": SCHEMA,
        "tool": {"name": "whytorch", "version": version.installed()},
        "files": checked.files,
        "findings": [finding_plain(finding) for finding in checked.findings],
        "unread": [
            {
                "path": unread.path,
                "reason": unread.reason,
                "place": None if unread.place is None else place_plain(unread.place),
            }
            for unread in checked.unread
        ],
        "seconds": checked.seconds,
    }
    return json.dumps(plain(told), indent=2, allow_nan=False) + "\n"
