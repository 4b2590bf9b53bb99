"""Where a source changes a tensor in place, and where methods use what they keep in `self`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from whytorch.evidence.source_facts import AttributeUse
from whytorch.evidence.source_names import Names
from whytorch.evidence.source_parts import own_class
from whytorch.evidence.source_scopes import Block, FileIndex

# These end in an underscore and leave the values alone.
_HARMLESS = {"requires_grad_", "share_memory_", "detach_", "_"}
_FUNCTIONS = ("torch.", "torch.nn.functional.")


def in_place(index: FileIndex, names: Names) -> Iterator[tuple[ast.AST, Block]]:
    """`x += y`, `x[i] = y`, `x.relu_()`, `torch.relu_(x)`, `nn.ReLU(inplace=True)`."""
    for statement, block in index.assignments:
        if isinstance(statement, ast.AugAssign):
            yield statement, block
    for target, value, stored, block in index.stores:
        if isinstance(target, ast.Subscript) and value is not None and not _is_key(target.slice):
            yield stored, block
    for call, block in index.calls:
        said = any(k.arg == "inplace" and _is_true(k.value) for k in call.keywords)
        if said or _changes(names, block, call.func):
            yield call, block


def attribute_use(indexes: list[FileIndex], name: str) -> AttributeUse:
    """Where methods assign `self.name = ...`, and where they call `self.name(...)`."""
    assigned, called = [], []
    for index in indexes:
        for target, _, node, block in index.stores:
            if _is_own(block, target, name):
                assigned.append(index.text.place(node))
        for call, block in index.calls:
            func = call.func
            while isinstance(func, ast.Subscript):  # self.layers[0](x)
                func = func.value
            if _is_own(block, func, name):
                called.append(index.text.place(call))
    return AttributeUse(tuple(assigned), tuple(called))


def _is_own(block: Block, node: ast.expr, name: str) -> bool:
    if not isinstance(node, ast.Attribute) or node.attr != name:
        return False
    return own_class(block, node.value) is not None


def _changes(names: Names, block: Block, func: ast.expr) -> bool:
    """A method of torch's naming, or torch's function of that naming (not torch.nn.init's)."""
    if not isinstance(func, ast.Attribute) or not func.attr.endswith("_"):
        return False
    if func.attr in _HARMLESS or func.attr.startswith("_"):
        return False
    target = names.target(block, func)
    return target is None or any(target == owner + func.attr for owner in _FUNCTIONS)


def _is_key(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
