"""An answer to a crash: what happened, in the user's own terms, and what to write."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from whytorch.findings.crashes.scene import Scene
from whytorch.records import Place


class Answer(Struct, frozen=True):
    """`happened` and `write` are parts of one line: "x has 3 channels: write nn.Conv2d(3, 8)"."""

    happened: str
    write: str
    place: Place | None = None
    certain: bool = True  # False: what to try where the crash leaves several readings


Ask = Callable[[Scene, "re.Match[str]"], Answer | None]
# A kind of crash: the words by which Python or torch tell it (searched in "Type: message"), and the
# function that answers. It may decline with None where the scene is another one.
Kind = tuple[str, Ask]
