"""A second name for the network that goes on training: `best_model = model`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Functions, Spot, Tree, dotted, inside, method
from whytorch.evidence.source_around import targets_of as targets

_NETWORK_NAMES = ("model", "net", "network", "classifier")
_OF_NETWORKS = ("train", "eval", "parameters", "state_dict", "zero_grad")


def aliases(source: Source) -> Iterator[tuple[Spot, str, str]]:
    """(the assignment, the second name, the network) where both are used when training is over."""
    for tree, node in _bare(source):
        found = _alias(tree, node)
        if found is not None:
            yield found


def handed_over(source: Source) -> Iterator[tuple[Spot, str, str]]:
    """The same in a method that gets the network: `self.best_model = model`, read elsewhere.

    Only for a run that trained one network: which one a method gets, the source does not say.
    """
    for tree, node in _bare(source):
        spot = Spot(tree, node)
        kept, network = dotted(node.targets[0]), dotted(node.value)
        branch = next((n for n in spot.up() if isinstance(n, (ast.If, *Functions))), None)
        function = spot.function()
        if not isinstance(branch, ast.If) or not isinstance(function, Functions):
            continue
        given = {a.arg for a in (*function.args.args, *function.args.kwonlyargs)}
        own = kept.startswith("self.") and network in given and network.endswith(_NETWORK_NAMES)
        if own and _compares(branch) and _read_elsewhere(kept, tree, function):
            yield spot, kept, network


def _bare(source: Source) -> Iterator[tuple[Tree, ast.Assign]]:
    """`best_model = model`, `self.best_net = self.net`."""
    for index in source.around.project.indexes:
        for n, _ in index.assignments if "best" in index.file.text else ():
            if isinstance(n, ast.Assign) and len(n.targets) == 1 and dotted(n.value):
                if "best" in dotted(n.targets[0]).lower():
                    yield source.around.tree(index), n


def _read_elsewhere(kept: str, tree: Tree, function: ast.AST) -> bool:
    """Whether anything behind a dot of that name is read outside of the function."""
    own = {id(n) for n in ast.walk(function)}
    return any(
        isinstance(n, ast.Attribute)
        and n.attr == kept.rpartition(".")[2]
        and isinstance(n.ctx, ast.Load)
        and id(n) not in own
        for n in ast.walk(tree.index.file.tree)
    )


def _alias(tree: Tree, node: ast.Assign) -> tuple[Spot, str, str] | None:
    spot = Spot(tree, node)
    kept, network = dotted(node.targets[0]), dotted(node.value)
    branch = next((n for n in spot.up() if isinstance(n, (ast.If, *Functions))), None)
    loops = spot.loops()
    if not isinstance(branch, ast.If) or not loops or not _compares(branch):
        return None
    loop = loops[-1]
    nodes = list(inside(loop))
    renewed = any(network == dotted(t) for n in (loop, *nodes) for t in targets(n))
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
        if any(dotted(n) == kept for n in ast.walk(node)):
            return True
    return kept.startswith("self.") and _read_elsewhere(kept, spot.tree, spot.function())
