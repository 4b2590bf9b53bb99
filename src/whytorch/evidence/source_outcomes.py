"""Which operation a tensor comes out of: through names, reshapes, layers, forwards and functions.

`outcomes` answers with every operation that may have made the value, or with None where one of the
ways is not to be seen. A check that needs all of them alike asks for exactly that.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

from whytorch.evidence.source_look import Look
from whytorch.evidence.source_names import choose
from whytorch.evidence.source_scopes import Block, Scope
from whytorch.evidence.source_steps import called

# What leaves the numbers as they are, as method or function.
KEEPS = {"view", "reshape", "squeeze", "unsqueeze", "flatten", "contiguous", "clone", "to", "cuda"}
KEEPS |= {"cpu", "float", "double", "half", "type", "view_as", "reshape_as", "requires_grad_"}
_KEEPING_LAYERS = {"torch.nn.Flatten", "torch.nn.Identity", "torch.nn.Unflatten"}
_TORCH = ("torch.", "torch.nn.functional.", "torch.special.", "torch.nn.", "torch.Tensor.")
_DEEPEST = 30


class Outcome(NamedTuple):
    """`op`: the operation's bare name, "softmax" for F.softmax, x.softmax and nn.Softmax alike;
    "" for one that is not torch's. `node` is its call, that of a layer the call that makes it."""

    op: str
    node: ast.expr
    block: Block


_Outcomes = list[Outcome] | None


class Outcomes:
    """Works on one source; what a class or a function gives is worked out once."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._returned: dict[Scope, _Outcomes] = {}

    def of(self, block: Block, node: ast.expr, depth: int = _DEEPEST) -> _Outcomes:
        """The operations that may have made the value of an expression."""
        if depth <= 0:
            return None
        if isinstance(node, ast.Name):
            return self._name(block, node, depth)
        if isinstance(node, ast.Call):
            return self._call(block, node, depth)
        if isinstance(node, ast.IfExp):
            return _both(
                self.of(block, node.body, depth - 1), self.of(block, node.orelse, depth - 1)
            )
        if isinstance(node, ast.NamedExpr):
            return self.of(block, node.value, depth - 1)
        if isinstance(node, (ast.BinOp, ast.UnaryOp)):
            return [Outcome("", node, block)]
        return None

    def _name(self, block: Block, node: ast.Name, depth: int) -> _Outcomes:
        binding = choose(self._look.names.bindings(block.scope, node.id), block, node)
        if binding is None:
            return None
        if binding.kind == "value":
            return self.of(binding.block, binding.value, depth - 1)
        if binding.kind == "item":
            value, position = binding.value
            return self._part(binding.block, value, position, depth)
        return None

    def _part(self, block: Block, value: ast.expr, position: int, depth: int) -> _Outcomes:
        """`out, features = model(x)`: what stands there in every tuple that is returned."""
        if not isinstance(value, ast.Call):
            return None
        if position == 1 and self._look.name(block, value.func) in ("torch.max", ".max"):
            return [Outcome("argmax", value, block)]  # values, indices
        function = self._called(block, value)
        returns = function.index.returns.get(function, []) if function is not None else []
        found: _Outcomes = []
        for returned, inner in returns:
            if not isinstance(returned, ast.Tuple) or position >= len(returned.elts):
                return None
            found = _both(found, self.of(inner, returned.elts[position], depth - 1))
        return found or None

    def _call(self, block: Block, node: ast.Call, depth: int) -> _Outcomes:
        func = node.func
        name = self._look.names.target(block, func)
        if name is None and isinstance(func, ast.Attribute):
            if func.attr in KEEPS:
                return self.of(block, func.value, depth - 1)
            own_method = called(self._look, block, node)
            if own_method is not None:
                return self._returns(own_method, depth)
            layer = self._layer(block, func, depth)
            return [Outcome(func.attr, node, block)] if layer == [] else layer
        if name is None:
            layer = self._layer(block, func, depth)
            return None if layer == [] else layer
        own = self._look.flow.scope(name)
        if own is not None:
            return self._returns(own, depth) if own.kind == "function" else None
        before, _, last = name.rpartition(".")
        if f"{before}." not in _TORCH:
            return [Outcome("", node, block)] if "." in name else None
        if before == "torch.nn" or last[:1].isupper():
            return None  # a layer is made here, and not called
        if last in KEEPS and node.args:
            return self.of(block, node.args[0], depth - 1)
        return [Outcome(last, node, block)]

    def _called(self, block: Block, node: ast.Call) -> Scope | None:
        """The function or the forward that a call leads to."""
        name = self._look.names.target(block, node.func)
        own = self._look.flow.scope(name)
        if own is not None:
            return own if own.kind == "function" else None
        scope = self._look.class_of(self._look.instance(block, node.func))
        return self._look.method(scope, "forward") if scope is not None else None

    def _layer(self, block: Block, func: ast.expr, depth: int) -> _Outcomes:
        """What calling an object gives; empty if it is no layer, None if that is not known."""
        made = self._look.instance(block, func)
        if made is None:
            unsure = isinstance(func, (ast.Name, ast.Subscript, ast.Call)) or _is_self(func)
            return None if unsure else []
        return self.of_layer(made.block, made.node, depth)

    def of_layer(self, block: Block, node: ast.Call, depth: int = _DEEPEST) -> _Outcomes:
        """What comes out of the layer that this call makes."""
        if depth <= 0:
            return None
        made = self._look.instance(block, node)
        if made is None:
            return None
        scope = self._look.class_of(made)
        if scope is not None:
            forward = self._look.method(scope, "forward")
            return self._returns(forward, depth) if forward is not None else None
        if made.name == "torch.nn.Sequential":
            for element in reversed(layers(made.node) or []):
                inner = self._look.instance(made.block, element)
                if inner is None:
                    return None
                if inner.name not in _KEEPING_LAYERS:
                    return self.of_layer(inner.block, inner.node, depth - 1)
            return None
        before, _, last = made.name.rpartition(".")
        if before not in ("torch.nn", "torch.nn.modules"):
            return None
        op = {"Softmax": "softmax", "LogSoftmax": "log_softmax", "Softmax2d": "softmax"}
        return [Outcome(op.get(last, last), made.node, made.block)]

    def returned(self, function: Scope) -> _Outcomes:
        """What a function or a forward gives back."""
        return self._returns(function, _DEEPEST)

    def _returns(self, function: Scope, depth: int) -> _Outcomes:
        if function not in self._returned:
            self._returned[function] = None  # what calls itself stays unknown
            found: _Outcomes = []
            for value, block in function.index.returns.get(function, []):
                found = None if value is None else _both(found, self.of(block, value, depth - 1))
                if found is None:
                    break
            if any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in self._body(function)):
                found = None
            self._returned[function] = found or None
        return self._returned[function]

    def _body(self, function: Scope) -> tuple[ast.AST, ...]:
        return self._look.inside(function.node)


def layers(node: ast.Call) -> list[ast.expr] | None:
    """The elements of a Sequential in their order; None if they are not written there."""
    if len(node.args) == 1 and isinstance(node.args[0], ast.Call):
        inner = node.args[0]
        named = inner.func.attr if isinstance(inner.func, ast.Attribute) else ""
        named = inner.func.id if isinstance(inner.func, ast.Name) else named
        if named == "OrderedDict" and len(inner.args) == 1:
            pairs = inner.args[0]
            if isinstance(pairs, ast.List) and all(
                isinstance(p, ast.Tuple) and len(p.elts) == 2 for p in pairs.elts
            ):
                return [p.elts[1] for p in pairs.elts if isinstance(p, ast.Tuple)]
            return None
    if node.keywords or not node.args or any(isinstance(a, ast.Starred) for a in node.args):
        return None
    return list(node.args)


def _both(one: _Outcomes, other: _Outcomes) -> _Outcomes:
    return None if one is None or other is None else one + other


def _is_self(func: ast.expr) -> bool:
    """`self.fc(x)`: an attribute of the object, which may be a layer that is made elsewhere."""
    return isinstance(func, ast.Attribute) and (
        isinstance(func.value, ast.Name) and func.value.id in ("self", "model", "net")
    )


def outcomes(look: Look) -> Outcomes:
    """The outcomes of one source, made once."""
    known = look.__dict__.get("_outcomes")
    if known is None:
        known = look.__dict__["_outcomes"] = Outcomes(look)
    return known
