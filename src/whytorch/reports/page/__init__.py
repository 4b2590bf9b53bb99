"""The page: one self-contained HTML file for people who look rather than read.

Made of a saved run alone, without torch and without the script's source. What comes from the user's
side (names, paths, code, messages) is escaped, and a content security policy lets no script run
but the page's own two, and nothing be fetched.
"""

from __future__ import annotations

from whytorch.reports.page.build import keep, render

__all__ = ["keep", "render"]
