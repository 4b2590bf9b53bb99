"""Reads one check's file into a `Check`, and refuses, loudly, one that is not whole.

A check is one file, `whytorch/checks/<area>/<id_with_underscores>.py`. It holds, and
`CatalogError` says what is missing where it does not:

- a docstring. Its first line is the title (a closing full stop is dropped). Then come the five
  headings of `HEADINGS`, in that order, each on a line of its own without colon or underline, each
  followed by text. Nothing stands between the title and the first heading but blank lines;
- `decide`, whose signature is its order for evidence: each parameter is annotated with a type of
  `EVIDENCE` (`X | None`: can do without). It returns `list[Finding] | NotJudged`;
- `BAD` and `GOOD`, two scripts that differ by the mistake. In `BAD` the place is marked by
  `# <- here` at the end of the line;
- where the source alone can prove it, `suspect(source: Source) -> list[Finding]`: what `whytorch
  check` says, and a rehearsal that did not get far enough for `decide`. It stays silent where the
  purpose of the code can't be known from the source;
- where the lab can try the repair, `TRIALS`: types of experiments, the one that tells most first;
- where the lab alone can tell, `prove`, with a signature like that of `decide`: asked when `decide`
  has found nothing and those experiments were made. It returns `list[Finding]`;
- where it applies, `CONSEQUENCE_OF`: ids of mistakes that, when found too, explain this one away;
- where a machine can mend it: `fix(finding: Finding, source: Source) -> list[...]`, the edits (of
  `records.py`) for one of its own findings, empty where this one takes a person;
  `promise(before: Outcome, after: Outcome) -> bool`, whether a rehearsal of the repaired copy did
  what the repair is for (`checks/_promises.py` has the usual ones); and `SAFE`: True where the
  edits cannot change what a right script does, else the reason, as a string.
"""

from __future__ import annotations

import re
import textwrap
import types
import typing
from collections.abc import Callable
from itertools import pairwise

from msgspec import Struct

from whytorch.evidence.facts import (
    EXPERIMENTS,
    Activations,
    Checkpoints,
    DataFlow,
    Distributed,
    Experiment,
    LossCalls,
    Network,
    Passes,
    Run,
    Samples,
    Traces,
    Training,
    Upkeep,
)
from whytorch.evidence.source import Source
from whytorch.records import Finding, NotJudged

HEADINGS = (
    "What it looks for",
    "Why it hurts",
    "How to fix it",
    "When it is fine",
    "References",
)
MARKER = "# <- here"

# The evidence a check can order, and what to tell the user when there is none.
EVIDENCE: dict[type, str] = {
    Source: "the script's source could not be read",
    Run: "the script was not run",
    DataFlow: "no data was seen entering a network in the run",
    Network: "no network was trained in the run",
    Activations: "no activations were recorded in the run",
    LossCalls: "no loss was computed in the run",
    Training: "no training step was seen in the run",
    Traces: "no layer was looked at closely in the run",
    Upkeep: "no training loop was seen in the run",
    Checkpoints: "no weights were saved or loaded in the run",
    Distributed: "no process group was set up in the run",
    Samples: "no samples of the data could be looked at after the run",
    Passes: "no pass over the data was seen in the run",
    **{kind: f"the experiment {name} was not made" for name, kind in EXPERIMENTS.items()},
}

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ANSWERS = (list[Finding] | NotJudged, list[Finding])
_STARRED = 0x04 | 0x08  # inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


class CatalogError(Exception):
    """A check is not whole; the message names the file and what is missing."""


class Want(Struct, frozen=True):
    """One parameter of `decide`: the evidence it orders, and whether it can do without."""

    name: str
    type: type
    optional: bool


class Check(Struct, frozen=True, eq=False):
    """One mistake: how to recognize it, what to say about it, and its two examples."""

    id: str
    area: str
    title: str
    sections: dict[str, str]
    decide: Callable[..., list[Finding] | NotJudged]
    wants: tuple[Want, ...]
    bad: str
    good: str
    consequence_of: tuple[str, ...]
    path: str
    trials: tuple[type, ...] = ()
    prove: Callable[..., list[Finding]] | None = None
    proof_wants: tuple[Want, ...] = ()
    suspect: Callable[[Source], list[Finding]] | None = None
    fix: Callable[..., typing.Any] | None = None
    promise: Callable[..., bool] | None = None
    unsafe: str = ""  # why the edits of `fix` may change what a right script does
    paste: str = ""  # without `fix`: code for a person to fit, who has the choice

    @property
    def experiments(self) -> tuple[type, ...]:
        """What it orders of the lab, the one that tells most first."""
        wants = (*self.wants, *self.proof_wants)
        ordered = (want.type for want in wants if issubclass(want.type, Experiment))
        return tuple(dict.fromkeys((*self.trials, *ordered)))

    def first_paragraph(self, heading: str) -> str:
        """The first paragraph under `heading`, as one line."""
        return " ".join(self.sections[heading].split("\n\n")[0].split())


def read(module: types.ModuleType, area: str) -> Check:
    """The check in `module`, which lies in the folder `area`."""
    return _read(module, area, _wants)


def read_suspect(module: types.ModuleType, area: str) -> Check:
    """The check in `module` for its `suspect` alone: what `decide` orders is not read."""
    return _read(module, area, lambda decide: ())


def _read(
    module: types.ModuleType, area: str, wants: Callable[[types.FunctionType], tuple[Want, ...]]
) -> Check:
    title, sections = _sections(module.__doc__)
    decide = _function(module, "decide")
    if decide is None:
        raise CatalogError("the function decide is missing")
    prove = _function(module, "prove")
    fix, promise = _function(module, "fix"), _function(module, "promise")
    if (fix is None) != (promise is None):
        raise CatalogError(f"{'fix' if fix is None else 'promise'} is missing: both or none")
    bad, good = _examples(module)
    id = module.__name__.rpartition(".")[2].replace("_", "-")
    return Check(
        id=id,
        area=area.replace("_", " "),
        title=title,
        sections=sections,
        decide=decide,
        wants=wants(decide),
        bad=bad,
        good=good,
        consequence_of=_consequence_of(module, id),
        path=module.__file__ or module.__name__,
        trials=_trials(module),
        prove=prove,
        proof_wants=wants(prove) if prove is not None else (),
        suspect=_suspect(module),
        fix=fix,
        promise=promise,
        unsafe=_unsafe(module) if fix is not None else "",
        paste=_paste(module, fix),
    )


def _unsafe(module: types.ModuleType) -> str:
    safe = getattr(module, "SAFE", None)
    if safe is True:
        return ""
    if not isinstance(safe, str) or not safe.strip():
        raise CatalogError("a check with fix says SAFE = True, or SAFE = the reason why not")
    return safe


def _paste(module: types.ModuleType, fix: types.FunctionType | None) -> str:
    code = getattr(module, "PASTE", "")
    if not isinstance(code, str) or (code and fix is not None):
        raise CatalogError("PASTE is code for mistakes that no machine can mend: one without fix")
    return code.strip("\n")


def _suspect(module: types.ModuleType) -> types.FunctionType | None:
    """The function `suspect`, which every caller gives the source and nothing else."""
    suspect = _function(module, "suspect")
    if suspect is not None:
        hints = typing.get_type_hints(suspect)
        if list(hints.items()) != [("source", Source), ("return", list[Finding])]:
            raise CatalogError("suspect must be written: suspect(source: Source) -> list[Finding]")
    return suspect


def _function(module: types.ModuleType, name: str) -> types.FunctionType | None:
    value = getattr(module, name, None)
    if value is not None and not isinstance(value, types.FunctionType):
        raise CatalogError(f"{name} must be a function")
    return value


def _sections(docstring: str | None) -> tuple[str, dict[str, str]]:
    """The title, and the text under each heading."""
    if not docstring or not docstring.strip():
        raise CatalogError("the docstring is missing")
    title, *lines = docstring.strip().splitlines()
    starts = [number for number, line in enumerate(lines) if line.strip() in HEADINGS]
    names = [lines[number].strip() for number in starts]
    _refuse_headings(names)
    if any(line.strip() for line in lines[: starts[0]]):
        raise CatalogError(f'only blank lines may stand between the title and "{HEADINGS[0]}"')
    sections = {
        name: textwrap.dedent("\n".join(lines[start + 1 : end])).strip()
        for name, (start, end) in zip(names, pairwise([*starts, len(lines)]), strict=True)
    }
    for heading, text in sections.items():
        if not text:
            raise CatalogError(f'nothing stands under the heading "{heading}"')
    return title.strip().removesuffix("."), sections


def _refuse_headings(names: list[str]) -> None:
    for heading in HEADINGS:
        if (times := names.count(heading)) != 1:
            raise CatalogError(
                f'the docstring has the heading "{heading}" {times} times; '
                "it must stand there once, on a line of its own, without a colon"
            )
    if names != list(HEADINGS):
        raise CatalogError(f"the headings must come in this order: {', '.join(HEADINGS)}")


def _wants(decide: types.FunctionType) -> tuple[Want, ...]:
    """The evidence that the signature of `decide` (or `prove`) orders."""
    own = decide.__name__
    try:
        hints = typing.get_type_hints(decide)
    except Exception as error:
        raise CatalogError(f"the type hints of {own} cannot be resolved: {error}") from error
    if hints.get("return") not in _ANSWERS:
        raise CatalogError(f"{own} must be annotated to return list[Finding] | NotJudged")
    code = decide.__code__
    if code.co_flags & _STARRED or code.co_posonlyargcount:
        raise CatalogError(f"{own} takes plain parameters: no *args, no **kwargs, no /")
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if not names:
        raise CatalogError(f"{own} orders no evidence: it has no parameters")
    return tuple(_want(own, name, hints.get(name)) for name in names)


def _want(function: str, name: str, hint: object) -> Want:
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    kinds = set(typing.get_args(hint)) if is_union else {hint}
    wanted = kinds - {type(None)}
    kind = next(iter(wanted)) if len(wanted) == 1 else None
    if not isinstance(kind, type) or kind not in EVIDENCE:
        known = ", ".join(known.__name__ for known in EVIDENCE)
        raise CatalogError(
            f"the parameter {name} of {function} must be annotated with one of: {known}"
        )
    return Want(name, kind, optional=len(kinds) > 1)


def _examples(module: types.ModuleType) -> tuple[str, str]:
    bad, good = getattr(module, "BAD", None), getattr(module, "GOOD", None)
    if not isinstance(bad, str) or not bad.strip():
        raise CatalogError("the example BAD is missing")
    if not isinstance(good, str) or not good.strip():
        raise CatalogError("the example GOOD is missing")
    if not any(line.rstrip().endswith(MARKER) for line in bad.splitlines()):
        raise CatalogError(f'no line of BAD ends with "{MARKER}"')
    if MARKER in good:
        raise CatalogError(f'GOOD has nothing to mark, and yet holds "{MARKER}"')
    return bad, good


def _trials(module: types.ModuleType) -> tuple[type, ...]:
    kinds = getattr(module, "TRIALS", ())
    if not isinstance(kinds, tuple) or not all(kind in EXPERIMENTS.values() for kind in kinds):
        raise CatalogError("TRIALS must be a tuple of experiments, such as (LrSweep,)")
    return kinds


def _consequence_of(module: types.ModuleType, id: str) -> tuple[str, ...]:
    ids = getattr(module, "CONSEQUENCE_OF", ())
    if not isinstance(ids, tuple) or not all(isinstance(i, str) and _ID.fullmatch(i) for i in ids):
        raise CatalogError('CONSEQUENCE_OF must be a tuple of ids, such as ("unscaled-inputs",)')
    if id in ids:
        raise CatalogError("CONSEQUENCE_OF names the check itself")
    return ids
