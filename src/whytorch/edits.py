"""Places in the user's source, and the changes of it that checks ask for: records without code."""

from __future__ import annotations

from msgspec import Struct


class Place(Struct, frozen=True):
    """A place in the user's source. Lines count from 1, columns from 0 (as in `ast`)."""

    path: str
    line: int
    end_line: int | None = None
    column: int | None = None
    code: str | None = None
    cell: int | None = None  # of a notebook; lines are then counted within the cell

    def __str__(self) -> str:
        if self.cell is not None:
            return f"{self.path}:cell {self.cell}:{self.line}"
        return f"{self.path}:{self.line}"


class Edit(Struct, frozen=True, tag=True):
    """One change of the source, as a check asks for it; `fixes/` turns it into text.

    `place`: where it is to happen. `imports`: lines that the new code needs, such as
    "import torch"; those that are there already are not written again.
    """

    place: Place
    imports: tuple[str, ...] = ()


class InsertBefore(Edit, frozen=True):
    """`code`, a statement, on a line of its own before the statement at `place`."""

    code: str = ""


class InsertAfter(Edit, frozen=True):
    """`code`, a statement, on a line of its own behind the statement at `place`."""

    code: str = ""


class Move(Edit, frozen=True):
    """The statement at `place` goes behind the one at `after`."""

    after: Place = Place("", 1)


class AddParentheses(Edit, frozen=True):
    """`model.eval` as a statement becomes `model.eval()`."""


class ReplaceStatement(Edit, frozen=True):
    """The statement at `place` becomes `code`."""

    code: str = ""


class Remove(Edit, frozen=True):
    """The statement at `place` goes away; what stands alone in its block becomes `pass`."""


class SetArgument(Edit, frozen=True):
    """The argument `name` (by position: `position`) of the call of `callee` gets `value`; with
    `anyhow` also in the place of a name, which may be used elsewhere as well."""

    callee: str = ""
    name: str = ""
    value: str = ""
    position: int | None = None
    anyhow: bool = False


class ReplaceExpression(Edit, frozen=True):
    """The one expression in the statement at `place` that reads `old`, whatever its spacing,
    becomes `new`; with `every`, all of them."""

    old: str = ""
    new: str = ""
    every: bool = False


class RemoveItem(Edit, frozen=True):
    """The call of `callee` goes out of the list, or of the arguments, in which it stands."""

    callee: str = ""


class AddItem(Edit, frozen=True):
    """`code` becomes the last item of the list that the call of `callee` is given, or its last
    argument; with `behind` it comes right behind the call of that name."""

    callee: str = ""
    code: str = ""
    behind: str = ""


class ReplaceConstant(Edit, frozen=True):
    """The one number in the statement at `place` that equals `old` becomes `new`."""

    old: float = 0.0
    new: str = ""


class Unwrap(Edit, frozen=True):
    """`F.softmax(x, 1)` and `x.softmax(1)` become `x`; a layer `nn.Softmax(1)` goes away.
    `callees`: last components of the names that are meant."""

    callees: tuple[str, ...] = ()


class RenameCall(Edit, frozen=True):
    """The call of one of `callees` becomes one of `new`, found where the old one was found."""

    callees: tuple[str, ...] = ()
    new: str = ""


class SetSetting(Edit, frozen=True):
    """`key` in the line at `place` of a file of settings (YAML, JSON, TOML, INI) gets `new`, a
    number, in the place of `old`, as it is written there."""

    key: str = ""
    old: str = ""
    new: str = ""


AnyEdit = (
    InsertBefore
    | InsertAfter
    | Move
    | AddParentheses
    | ReplaceStatement
    | Remove
    | SetArgument
    | ReplaceExpression
    | RemoveItem
    | AddItem
    | ReplaceConstant
    | Unwrap
    | RenameCall
    | SetSetting
)
