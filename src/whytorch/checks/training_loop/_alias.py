"""A second name for the network that goes on training: `best_model = model`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Functions, Spot, Tree, dotted, inside, method
from whytorch.evidence.source_around import targets_of as targets

_OF_NETWORKS = ("train", "eval", "parameters", "state_dict", "zero_grad")


def aliases(source: Source) -> Iterator[tuple[Spot, str, str]]:
    """(the assignment, the second name, the network) where both are used when training is over."""
    for index in source.around.project.indexes:
        if "best" not in index.file.text:
            continue
        bare = [
            n
            for n, _ in index.assignments
            if isinstance(n, ast.Assign) and isinstance(n.value, ast.Name) and len(n.targets) == 1
        ]
        for node in bare:
            if "best" in dotted(node.targets[0]).lower():
                found = _alias(source.around.tree(index), node)
                if found is not None:
                    yield found


def _alias(tree: Tree, node: ast.Assign) -> tuple[Spot, str, str] | None:
    spot = Spot(tree, node)
    kept, network = dotted(node.targets[0]), dotted(node.value)
    branch = next((n for n in spot.up() if isinstance(n, (ast.If, *Functions))), None)
    loops = spot.loops()
    if not isinstance(branch, ast.If) or not loops or not _compares(branch):
        return None
    loop = loops[-1]
    nodes = list(inside(loop))
    renewed = any(network == dotted(t) for n in nodes for t in targets(n))
    if renewed or not _is_trained(network, nodes) or not _used_behind(kept, loop, spot):
        return None
    return spot, kept, network


def _compares(branch: ast.If) -> bool:
    """`if score > best:`, with the best updated in the same branch."""
    sides = {dotted(n) for n in ast.walk(branch.test)} - {""}
    bound = {dotted(t) for n in inside(branch) for t in targets(n)}
    return any(isinstance(n, ast.Compare) for n in ast.walk(branch.test)) and bool(sides & bound)


def _is_trained(network: str, nodes: list[ast.AST]) -> bool:
    methods = {called for n in nodes for owner, called in [method(n)] if owner == network}
    called = any(isinstance(n, ast.Call) and dotted(n.func) == network for n in nodes)
    backward = any(method(n)[1] == "backward" for n in nodes)
    passed = any(
        isinstance(n, ast.Call)
        and "train" in dotted(n.func).lower()
        and network in [dotted(a) for a in n.args]
        for n in nodes
    )
    return passed or (backward and (called or bool(methods & set(_OF_NETWORKS))))


def _used_behind(kept: str, loop: ast.For | ast.AsyncFor | ast.While, spot: Spot) -> bool:
    last = loop.end_lineno or loop.lineno
    for node in inside(spot.function()):
        if not isinstance(node, (ast.Call, ast.Return)) or node.lineno <= last:
            continue
        if any(dotted(n) == kept for n in ast.walk(node) if isinstance(n, ast.Name)):
            return True
    return False
