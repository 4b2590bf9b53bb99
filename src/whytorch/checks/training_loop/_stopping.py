"""Early stopping as the source writes it: what is compared with which best, and what follows."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Loops, Spot, Tree, dotted, inside, method, targets_of
from whytorch.records import Place

_UP, _DOWN = (ast.Gt, ast.GtE), (ast.Lt, ast.LtE)


class Rule(Struct, frozen=True):
    """`if metric < best: best = metric; counter = 0  else: counter += 1; if counter > n: break`."""

    spot: Spot  # the if
    test: Place
    metric: str
    best: str
    up: bool  # better is greater
    first: float | None  # what the best starts with; None: unknown
    updated: bool  # the best is set to the metric somewhere
    counter: str  # empty: none
    counted: Place | None
    reset: bool
    stops: bool  # the counter ends the loop
    negated: bool  # the metric is given as its negative
    each: bool = False  # the best is no best but the latest value, whatever it is


def rules(source: Source) -> list[Rule]:
    """Those inside loops over epochs and in classes that are called from one."""
    around = source.around
    if not around.has("*.backward", "*.step", "*.fit"):
        return []
    found = []
    for index in around.project.indexes:
        text = index.file.text
        if "best" not in text and "patience" not in text and "early" not in text.lower():
            continue
        tree = around.tree(index)
        for node in tree.parents:
            if isinstance(node, ast.If) and (rule := _rule(tree, node)) is not None:
                found.append(rule)
    return found


def _rule(tree: Tree, node: ast.If) -> Rule | None:
    spot = Spot(tree, node)
    compared = _comparison(node.test)
    if compared is None:
        return None
    left, right, up = compared
    for metric, best, rises in ((left, right, up), (right, left, not up)):
        if not dotted(best) or not isinstance(metric, (ast.Name, ast.Attribute)):
            continue
        # `if worse: counter += 1 ... else: best = metric` is the same rule, turned around.
        for body, orelse, better in (
            (node.body, node.orelse, rises),
            (node.orelse, node.body, not rises),
        ):
            rule = _of_branches(spot, (dotted(metric), dotted(best)), body, orelse, better)
            if rule is not None:
                return rule
        # `if worse than the last: counter += 1`, and below it `last = metric` whatever came out.
        after = [] if node.orelse else _after(tree, node)
        if after and _counter(node.body, _range(spot, dotted(best))):
            rule = _of_branches(spot, (dotted(metric), dotted(best)), after, node.body, not rises)
            if rule is not None:
                return replace(rule, each=True)
    return None


def _after(tree: Tree, node: ast.If) -> list[ast.stmt]:
    """The statements that follow an if in its block."""
    for _, block in ast.iter_fields(tree.parents[node]):
        if isinstance(block, list) and node in block:
            return block[block.index(node) + 1 :]
    return []


def _of_branches(
    spot: Spot, names: tuple[str, str], body: list[ast.stmt], orelse: list[ast.stmt], up: bool
) -> Rule | None:
    """`body` is what happens when it is better."""
    metric, best = names
    where = _range(spot, best)
    counter = _counter(orelse, where)
    updated = bool(_sets(where, best, metric))
    if not metric or not (updated and _sets_in(body, best, metric)):
        fixed = counter and "best" in best.lower() and not _assigned_in(where, best)
        if not metric or not fixed or body is not getattr(spot.node, "body", None):
            return None
    return Rule(
        spot=spot,
        test=spot.place(),
        metric=metric,
        best=best,
        up=up,
        first=_first(spot, best),
        updated=updated,
        counter=counter[0] if counter else "",
        counted=spot.at(counter[1]).place() if counter else None,
        reset=counter is not None and _is_reset(where, counter[0]),
        stops=counter is not None and _stops(where, counter[0]),
        negated=_negated(where, metric),
    )


def _comparison(test: ast.expr) -> tuple[ast.expr, ast.expr, bool] | None:
    """(left, right, left is greater) of the comparison in a test; `best is None or x < best`."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        found = [c for v in test.values if (c := _comparison(v)) is not None]
        return found[0] if len(found) == 1 else None
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    left, right, operator = test.left, test.comparators[0], test.ops[0]
    if not isinstance(operator, (*_UP, *_DOWN)):
        return None
    return _bare(left), _bare(right), isinstance(operator, _UP)


def _bare(node: ast.expr) -> ast.expr:
    """`best - min_delta` is best, with a margin."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        return node.left
    return node


def _range(spot: Spot, name: str) -> list[ast.AST]:
    """The loop over epochs around the if, or the class whose attribute it is."""
    loops = spot.loops()
    if name.startswith("self."):
        owner = next((n for n in spot.up() if isinstance(n, ast.ClassDef)), None)
        return list(ast.walk(owner)) if owner is not None else []
    return list(inside(loops[-1])) if loops else []


def _assignments(nodes: list[ast.AST]) -> Iterator[tuple[str, ast.expr | None, ast.AST]]:
    for node in nodes:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        value = node.value
        targets = targets_of(node)
        parts = value.elts if isinstance(value, ast.Tuple) else []
        for position, target in enumerate(targets):
            one = parts[position] if len(parts) == len(targets) > 1 else value
            yield dotted(target), one, node


def _sets(nodes: list[ast.AST], name: str, metric: str) -> list[ast.AST]:
    return [n for target, value, n in _assignments(nodes) if target == name and _is(value, metric)]


def _sets_in(body: list[ast.stmt], name: str, metric: str) -> bool:
    nodes = [n for s in body for n in (s, *inside(s))]
    return bool(_sets(nodes, name, metric))


def _is(value: ast.expr | None, metric: str) -> bool:
    return value is not None and any(dotted(n) == metric for n in ast.walk(value))


def _assigned_in(nodes: list[ast.AST], name: str) -> bool:
    """Whether anything but a constructor sets it."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            continue
        if isinstance(node, (ast.Assign, ast.AugAssign)) and name in map(dotted, targets_of(node)):
            if not isinstance(getattr(node, "value", None), (ast.Constant, ast.UnaryOp, ast.Call)):
                return True
    return False


def _counter(orelse: list[ast.stmt], where: list[ast.AST]) -> tuple[str, ast.AST] | None:
    """`counter += 1` where it is not better; of several (one lowers the rate), what stops."""
    waiting = [n for s in orelse for n in (s, *inside(s))]
    counted = [(name, one) for one in waiting if (name := _counts(one))]
    # `if waited > patience: decays += 1` counts how often the first one was full, over all epochs.
    names = {name for name, _ in counted}
    deeper = {
        id(n)
        for one in waiting
        if isinstance(one, ast.If)
        for other in names & {dotted(n) for n in ast.walk(one.test)}
        for n in inside(one)
        if _counts(n) != other
    }
    found = [(n, one) for n, one in counted if id(one) not in deeper and _compared(where, n)]
    return next((c for c in found if _stops(where, c[0])), found[0] if found else None)


def _counts(node: ast.AST) -> str:
    """The name in `name += 1`."""
    if not isinstance(node, ast.AugAssign) or not isinstance(node.op, ast.Add):
        return ""
    one = isinstance(node.value, ast.Constant) and node.value.value == 1
    return dotted(node.target) if one else ""


def _compared(nodes: list[ast.AST], name: str) -> bool:
    """Whether the number decides anything: counter >= patience."""
    return any(
        isinstance(n, ast.Compare)
        and any(dotted(side) == name for side in (n.left, *n.comparators))
        for n in nodes
    )


def _is_reset(nodes: list[ast.AST], counter: str) -> bool:
    """Set to anything anywhere in the loop; in a class, outside its constructor."""
    init = [n for n in nodes if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    building = {id(n) for function in init for n in ast.walk(function)}
    return any(
        target == counter and id(node) not in building for target, _, node in _assignments(nodes)
    )


def _stops(nodes: list[ast.AST], counter: str) -> bool:
    for node in nodes:
        if isinstance(node, ast.If) and any(dotted(n) == counter for n in ast.walk(node.test)):
            body = [n for s in node.body for n in (s, *inside(s))]
            if any(isinstance(n, (ast.Break, ast.Return)) for n in body):
                return True
            if any("stop" in target.lower() for target, _, _ in _assignments(body)):
                return True
    return False


def _negated(nodes: list[ast.AST], metric: str) -> bool:
    return any(
        target == metric and isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub)
        for target, value, _ in _assignments(nodes)
    )


def _first(spot: Spot, name: str) -> float | None:
    """The number that the best starts with, where there is one such assignment."""
    if name.startswith("self."):
        owner: ast.AST | None = next((n for n in spot.up() if isinstance(n, ast.ClassDef)), None)
    else:
        owner = spot.function()
    if owner is None:
        return None
    start = [
        value
        for target, value, node in _assignments(list(ast.walk(owner)))
        if target == name and node.lineno < spot.node.lineno  # type: ignore[attr-defined]
    ]  # fmt: skip
    return _number(start[0]) if len(start) == 1 else None


def _number(value: ast.expr | None) -> float | None:
    """0.0, -1, float("inf"), -np.inf, math.inf, sys.maxsize."""
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        inner = _number(value.operand)
        return -inner if inner is not None else None
    if isinstance(value, ast.Constant) and isinstance(value.value, (int, float)):
        return None if isinstance(value.value, bool) else float(value.value)
    if isinstance(value, ast.Call) and dotted(value.func) == "float" and value.args:
        given = value.args[0]
        text = str(given.value).lower() if isinstance(given, ast.Constant) else ""
        return {"inf": 1e308, "+inf": 1e308, "infinity": 1e308, "-inf": -1e308}.get(text)
    last = dotted(value).rpartition(".")[2]
    return 1e308 if last in ("inf", "Inf", "maxsize", "infty") and "." in dotted(value) else None


def trained_on(rule: Rule) -> bool:
    """The metric comes from the loop that holds the backward, and another value does not."""
    loops = rule.spot.loops()
    if not loops or rule.metric.startswith("self.") or "." in rule.metric:
        return False
    nodes = list(inside(loops[-1]))
    training = [n for n in nodes if isinstance(n, Loops) and _has_backward(n)]
    inner = [
        loop for loop in training if not any(o is not loop and _within(o, loop) for o in training)
    ]
    if not inner or not _evaluates(nodes):
        return False
    return _sums_inside(rule.metric, nodes, inner[0], 4)


def _within(inner: ast.AST, outer: ast.AST) -> bool:
    return any(n is inner for n in inside(outer))


def _has_backward(loop: ast.AST) -> bool:
    return any(method(n)[1] == "backward" for n in inside(loop))


def _evaluates(nodes: list[ast.AST]) -> bool:
    """A validation in the same loop: no_grad, eval(), or a name that says so."""
    return any(
        isinstance(n, ast.With) and any("no_grad" in ast.dump(i) for i in n.items) for n in nodes
    ) and any("val" in dotted(n).lower() for n in nodes if isinstance(n, ast.Name))


def _sums_inside(name: str, nodes: list[ast.AST], loop: ast.AST, hops: int) -> bool:
    """Whether a value is summed in this loop alone, followed back through its assignments."""
    adds = [n for n in nodes if isinstance(n, ast.AugAssign) and dotted(n.target) == name]
    if adds:
        held = set(map(id, inside(loop)))
        return all(id(n) in held for n in adds)
    values = [value for target, value, _ in _assignments(nodes) if target == name and value]
    values = [v for v in values if not isinstance(v, ast.Constant)]
    if len(values) != 1 or hops == 0:
        return False
    parts = {n.id for n in ast.walk(values[0]) if isinstance(n, ast.Name)}
    own = [p for p in parts if p != name and _is_summed(p, nodes)]
    return bool(own) and all(_sums_inside(p, nodes, loop, hops - 1) for p in own)


def _is_summed(name: str, nodes: list[ast.AST]) -> bool:
    return any(isinstance(n, ast.AugAssign) and dotted(n.target) == name for n in nodes)
