"""Frozen records that pass between the rooms of whytorch; nothing here computes a verdict.

What a run looked like is in `whytorch.evidence.facts`; this file holds what everyone shares:
places in the source, findings, symptoms, and the report.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

from msgspec import Struct

from whytorch.edits import (
    AddItem as AddItem,
)
from whytorch.edits import (
    AddParentheses as AddParentheses,
)
from whytorch.edits import (
    AnyEdit as AnyEdit,
)
from whytorch.edits import (
    Edit as Edit,
)
from whytorch.edits import (
    InsertAfter as InsertAfter,
)
from whytorch.edits import (
    InsertBefore as InsertBefore,
)
from whytorch.edits import (
    Move as Move,
)
from whytorch.edits import (
    Place as Place,
)
from whytorch.edits import (
    Remove as Remove,
)
from whytorch.edits import (
    RemoveItem as RemoveItem,
)
from whytorch.edits import (
    RenameCall as RenameCall,
)
from whytorch.edits import (
    ReplaceConstant as ReplaceConstant,
)
from whytorch.edits import (
    ReplaceExpression as ReplaceExpression,
)
from whytorch.edits import (
    ReplaceStatement as ReplaceStatement,
)
from whytorch.edits import (
    SetArgument as SetArgument,
)
from whytorch.edits import (
    SetSetting as SetSetting,
)
from whytorch.edits import (
    Unwrap as Unwrap,
)

Severity = Literal["error", "warning", "advice"]
Grade = Literal["suspected", "observed", "confirmed", "fixed"]
VerdictKind = Literal[
    "mistake", "nothing-found", "expectation-unrealistic", "unknown-cause", "not-judged"
]


class Touched(Struct, frozen=True):
    """A file that a fix changes: as shown, where it is, SHA-256 of what was diagnosed."""

    path: str
    absolute: str
    sha256: str


class Fix(Struct, frozen=True):
    """What to change: in words, and as a unified diff where a machine can write it.

    `safe`: the edits cannot change what a right script does; `unsafe` says why they could.
    `refused` says why a fix that the check proposed could not be written; `code` is what a person
    can paste and fit, where the choice is theirs.
    """

    says: str
    safe: bool | None = None
    diff: str | None = None
    edits: tuple[AnyEdit, ...] = ()
    touched: tuple[Touched, ...] = ()
    unsafe: str = ""
    refused: str = ""
    code: str = ""


class Outcome(Struct, frozen=True):
    """What one rehearsal came to: what a promise compares. Accuracies are 0..1, the losses are
    those of training; `found` holds the ids of errors and warnings."""

    crashed: bool = False
    finished: bool = True
    steps: int = 0
    eval_accuracy: float | None = None
    eval_samples: int = 0
    train_accuracy: float | None = None
    train_samples: int = 0
    first_loss: float | None = None
    last_loss: float | None = None
    found: frozenset[str] = frozenset()
    seconds: float = 0.0
    told: str = ""  # how it ended, where it did not finish


class Verification(Struct, frozen=True):
    """What the repaired copy did, against the script as it is (metric in the script's units)."""

    metric: str
    higher_is_better: bool
    before: float | None
    after: float | None
    noise: float | None
    runs: int  # of the repaired copy, each with a seed of its own
    kept: bool
    says: str = ""  # why it was not kept, where there is a reason: it crashed


class Finding(Struct, frozen=True):
    """One mistake, with the evidence for it.

    A check fills in what it knows: `says` (one sentence with its numbers), `places` (the first is
    where to look), `severity`, `grade`, `confidence`, `measured`, `explains` and `fix`.
    The catalog adds `id`, `area`, `title` and `why` from the check's file, `findings/` the `rank`.
    A check whose title would mislead here gives one that fits.
    """

    says: str
    places: tuple[Place, ...] = ()
    severity: Severity = "error"
    grade: Grade = "observed"
    confidence: float = 0.9
    measured: dict[str, Any] = {}
    explains: tuple[str, ...] = ()
    fix: Fix | None = None
    id: str = ""
    area: str = ""
    title: str = ""
    why: str = ""
    rank: int = 0
    verification: Verification | None = None


class NotJudged(Struct, frozen=True):
    """A check's third answer: the evidence was missing. `reason` says what would be needed."""

    reason: str
    id: str = ""


class Symptom(Struct, frozen=True):
    """Something measured that a cause may explain; never the first line when one does."""

    id: str
    says: str
    measured: dict[str, Any] = {}
    explained_by: tuple[str, ...] = ()
    place: Place | None = None


class Verdict(Struct, frozen=True):
    """The first line of the answer. `finding` is the id of the first finding, or None."""

    kind: VerdictKind
    headline: str
    finding: str | None = None


class Experiment(Struct, frozen=True):
    """A measurement of the lab: what was tried, what came out, what it cost in seconds."""

    id: str
    says: str
    measured: dict[str, Any]
    seconds: float


class TimeLapse(Struct, frozen=True):
    """Whether the rehearsal was shortened, and a sentence about what was."""

    shortened: bool
    says: str


class Metrics(Struct, frozen=True):
    """What the rehearsal itself measured. Accuracies are 0..1."""

    train_accuracy: float | None = None
    eval_accuracy: float | None = None
    first_loss: float | None = None
    last_loss: float | None = None
    classes: int | None = None
    per_class: tuple[dict[str, float], ...] = ()  # of the last evaluation
    train_samples: int | None = None  # behind the accuracies
    eval_samples: int | None = None


class RunSummary(Struct, frozen=True):
    """The run in the report: seconds, optimizer steps, epochs, how it ended, what it printed."""

    seconds: float | None = None
    steps: int | None = None
    epochs: int | None = None
    exit: str | None = None
    time_lapse: TimeLapse = TimeLapse(False, "")
    metrics: Metrics = Metrics()
    printed: tuple[dict[str, Any], ...] = ()


class Seconds(Struct, frozen=True):
    """Wall time of the rooms, in seconds; None where a room was not entered."""

    source: float | None = None
    rehearsal: float | None = None
    lab: float | None = None
    verify: float | None = None
    total: float | None = None


class ScriptInfo(Struct, frozen=True):
    """Which script was diagnosed: path as given, its own arguments, SHA-256 of the file."""

    path: str
    args: tuple[str, ...] = ()
    sha256: str | None = None


class Report(Struct, frozen=True):
    """The whole answer. `reports/` renders it; the JSON form is the public contract."""

    script: ScriptInfo
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    sound: tuple[str, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    run: RunSummary = RunSummary()
    seconds: Seconds = Seconds()
    notes: tuple[str, ...] = ()
    saved: str | None = None
    version: str = ""


class Difference(Struct, frozen=True):
    """One thing in which two runs differ. `matters`: how likely it explains a worse result, 0..1;
    `says` is one sentence, `place` where the worse run has it."""

    aspect: Literal["data", "model", "settings", "run"]
    what: str
    good: Any
    bad: Any
    says: str
    matters: float
    place: Place | None = None


class Comparison(Struct, frozen=True):
    """Why the run `bad` is worse than the run `good`; differences and findings are ranked.

    `worse`: None where nothing tells. `parted`: the first step whose losses differ (from 0), and
    both losses. `source`: the script's changes as a unified diff, None where it was not kept.
    """

    good: Report
    bad: Report
    headline: str
    worse: bool | None
    measured: str
    differences: tuple[Difference, ...] = ()
    only_bad: tuple[Finding, ...] = ()
    only_good: tuple[Finding, ...] = ()
    parted: tuple[int, float | None, float | None] | None = None
    same_steps: int = 0  # whose losses are the same to the last bit, from the first on
    source: str | None = None


class Unread(Struct, frozen=True):
    """A file, or a part of one, that a check could not read; `place` where that is known."""

    path: str
    reason: str
    place: Place | None = None


class Checked(Struct, frozen=True):
    """What `whytorch check` found in `files` files, and what it could not read."""

    findings: tuple[Finding, ...] = ()
    files: int = 0
    unread: tuple[Unread, ...] = ()
    seconds: float = 0.0


class Options(Struct, frozen=True):
    """What the user chose. Seconds of the script's own time in `budget`; ids in `select`/`ignore`
    (an empty `select` means every check)."""

    budget: float = 60.0
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    seed: int | None = None
    lab: bool = True
    fix: bool = True
    expect: str | None = None
    workers: str | None = None  # that rehearse copies: "4", "ray", "ray:ADDRESS"; None: one by one


class ProgressState(Struct, frozen=True):
    """Where a diagnosis stands; `next` says in a few words what comes after."""

    phase: Literal[
        "reading", "starting", "training", "evaluating", "experimenting", "mending", "checking"
    ]
    step: int = 0
    epoch: int = 0
    loss: float | None = None
    elapsed: float = 0.0
    budget: float = 0.0
    next: str = ""


class Progress(Protocol):
    """Called with each new state while a diagnosis runs; must return quickly."""

    def __call__(self, state: ProgressState) -> None: ...
