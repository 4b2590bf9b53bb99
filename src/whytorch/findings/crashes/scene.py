"""The crash and what surrounds it, with the questions that the answers ask of it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from typing import Any

from whytorch.checks._helpers import layer_name, plain
from whytorch.evidence.facts import (
    CrashFacts,
    DataFlow,
    LayerAtCrash,
    LossCalls,
    LossSite,
    Network,
    Run,
    TensorAtCrash,
)
from whytorch.evidence.source import Source
from whytorch.records import Place

LONGEST = 60  # characters of the user's code that are worth repeating in one line


class Scene:
    """One crash. `place` and `expression` are those of the user's innermost line."""

    def __init__(self, crash: CrashFacts, evidence: Mapping[type, Any]) -> None:
        self.crash = crash
        self.run: Run = evidence[Run]
        self.source: Source | None = evidence.get(Source)
        self.network: Network | None = evidence.get(Network)
        self.losses: LossCalls = evidence.get(LossCalls) or LossCalls()
        self.data: DataFlow = evidence.get(DataFlow) or DataFlow()
        self.place: Place | None = crash.frames[-1] if crash.frames else None
        self.text = self._text(-1)

    # --- what the user wrote -------------------------------------------------------------------

    def _text(self, frame: int) -> str:
        """The expression that a frame was computing, else its whole line (Python 3.10)."""
        if len(self.crash.frames) < abs(frame):
            return ""
        if len(self.crash.expressions) == len(self.crash.frames):
            if known := self.crash.expressions[frame]:
                return known
        code = (self.crash.frames[frame].code or "").partition("  #")[0].strip()
        return code.rstrip(":").removeprefix("return ")

    def nodes(self, frame: int = -1) -> Iterator[ast.AST]:
        """The syntax of a frame's expression, outer parts first."""
        try:
            yield from ast.walk(ast.parse(self._text(frame).strip()))
        except (SyntaxError, ValueError):
            return

    def calls(self, *names: str, frame: int = -1) -> Iterator[ast.Call]:
        """The calls in it, of functions or methods with one of these names (all without names)."""
        for node in self.nodes(frame):
            if isinstance(node, ast.Call) and (not names or called(node) in names):
                yield node

    def receiver(self, *methods: str) -> str | None:
        """`x` of `x.view(...)`."""
        for call in self.calls(*methods):
            if isinstance(call.func, ast.Attribute):
                return short(call.func.value)
        for node in self.nodes():  # Python may name the method only, not its call
            if isinstance(node, ast.Attribute) and node.attr in methods:
                return short(node.value)
        return None

    def arguments(self, *names: str) -> list[str]:
        """The positional arguments of the first call of one of these names, as written."""
        call = next(self.calls(*names), None)
        return [written(a) for a in call.args] if call is not None else []

    def sides(self) -> tuple[str, str] | None:
        """Both sides of the outermost operator: x and y of `x + y`."""
        for node in self.nodes():
            if isinstance(node, ast.BinOp):
                return written(node.left), written(node.right)
            if isinstance(node, ast.AugAssign):
                return written(node.target), written(node.value)
            if isinstance(node, ast.Compare):
                return written(node.left), written(node.comparators[0])
        return None

    def assigned(self) -> str | None:
        """The one name that the line assigns to."""
        names = self.source.names_assigned_at(self.place) if self.source and self.place else ()
        return names[0] if len(names) == 1 else None

    def uses(self, name: str) -> bool:
        """Whether the source assigns this name anywhere."""
        return self.source is not None and any(name in a.targets for a in self.source.assignments)

    # --- tensors and layers ----------------------------------------------------------------------

    def tensor(self, text: str | None) -> TensorAtCrash | None:
        return next((t for t in self.crash.tensors if t.name == text), None)

    def mentioned(self) -> list[TensorAtCrash]:
        """The tensors that the expression names, in its order."""
        names = [written(n) for n in self.nodes() if isinstance(n, (ast.Name, ast.Subscript))]
        found = {t.name: t for t in self.crash.tensors if t.name in names}
        return sorted(found.values(), key=lambda t: names.index(t.name))

    def described(self, text: str | None, fallback: str = "the tensor") -> str:
        """`x of shape [4, 8]` where the shape is known."""
        tensor = self.tensor(text)
        return f"{text} of shape {plain(tensor.shape)}" if tensor else text or fallback

    @property
    def layer(self) -> LayerAtCrash | None:
        """The innermost module that was being called."""
        return self.crash.layers[-1] if self.crash.layers else None

    def layer_name(self, layer: LayerAtCrash) -> str:
        return layer_name(layer.name, layer.kind)

    # --- the line that calls the network ----------------------------------------------------------

    def outside(self) -> int:
        """Index (from the end) of the user's last frame that is not in a forward."""
        names = self.crash.functions
        for index in range(1, len(names) + 1):
            if names[-index] not in ("forward", "_forward", "__call__"):
                return -index
        return -1

    def network_call(self) -> tuple[Place | None, ast.Call | None]:
        """The user's line that calls the network, and the call where it is plain."""
        frame = self.outside()
        place = self.crash.frames[frame] if self.crash.frames else None
        root = self.crash.layers[0].kind if self.crash.layers else ""
        calls = [c for c in self.calls(frame=frame) if c.args and called(c) not in _NOT_NETWORKS]
        named = [c for c in calls if called(c).lower() in ("model", "net", "network", root.lower())]
        return place, next(iter(named or calls), None)

    def loss(self) -> LossSite | None:
        """The loss that stopped, else the one computed last on the crash's line."""
        raised = [s for s in self.losses.sites if s.raised]
        return raised[-1] if raised else None


_NOT_NETWORKS = (
    "print",
    "append",
    "enumerate",
    "len",
    "range",
    "zip",
    "item",
    "backward",
    "criterion",
    "loss_fn",
    "cross_entropy",
    "mse_loss",
    "loss",
)


def called(call: ast.Call) -> str:
    """The last component of what a call calls: view of `x.view(1)`."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def written(node: ast.AST) -> str:
    return ast.unparse(node)


def short(node: ast.AST) -> str | None:
    """As written, if that is short enough to repeat."""
    text = written(node)
    return text if len(text) <= LONGEST else None


def with_argument(call: ast.Call, text: str, position: int = 0) -> str:
    """The call with another text for one of its arguments."""
    changed = copy.deepcopy(call)
    changed.args[position] = ast.Name(text)
    return written(changed)


def grouped(text: str) -> str:
    """With parentheses where a method is called on more than a name or a call."""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return text
    simple = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)
    return text if isinstance(node, simple) else f"({text})"
