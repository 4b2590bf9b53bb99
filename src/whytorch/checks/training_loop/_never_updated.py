"""The best value that weights are kept by never changes: what is kept last is the last epoch's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

from whytorch.checks._helpers import places
from whytorch.checks.evaluation._chosen import right_after, series
from whytorch.evidence.facts import Passes, PassFacts, Run
from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Loops, Spot, Tree, dotted, inside, method, targets_of
from whytorch.records import Finding, Fix, Place

FEWEST = 3  # evaluations after which weights were kept all the same
_HUGE = 1e6
_KEEPS = ("save", "state_dict", "deepcopy", "save_pretrained", "save_weights", "save_checkpoint")


class Unchanged(Struct, frozen=True):
    """`metric > best`, where best stays what it was at first, which every metric beats."""

    place: Place
    metric: str
    best: str
    up: bool
    first: float


def never_updated(source: Source) -> list[Unchanged]:
    around = source.around
    if not around.has("*.save", "*.state_dict", "*.deepcopy", "*.save_checkpoint", "deepcopy"):
        return []
    found = []
    for index in around.project.indexes:
        tree = around.tree(index)
        for node in tree.parents:
            if isinstance(node, ast.Compare) and (one := _of(Spot(tree, node), node)) is not None:
                found.append(one)
    return sorted(found, key=lambda u: (u.place.path, u.place.line))


def _of(spot: Spot, node: ast.Compare) -> Unchanged | None:
    if len(node.ops) != 1 or not isinstance(node.ops[0], (ast.Gt, ast.GtE, ast.Lt, ast.LtE)):
        return None
    rises = isinstance(node.ops[0], (ast.Gt, ast.GtE))
    left, right = node.left, node.comparators[0]
    for metric, best, up in ((left, right, rises), (right, left, not rises)):
        name, value = dotted(best), dotted(_held(metric))
        first = _only_value(spot, name) if name and value else None
        if first is None or not (first <= 0 if up else first >= _HUGE):
            continue
        if _measured_anew(spot, value, name) and (_keeps(spot) or _misspelt(spot, metric)):
            return Unchanged(spot.place(), ast.unparse(metric), name, up, first)
    return None


def _held(metric: ast.expr) -> ast.expr:
    """Of stats["accuracy"] the stats: what the loop has to set."""
    named = isinstance(metric, ast.Subscript) and isinstance(metric.slice, ast.Constant)
    return metric.value if named else metric  # type: ignore[attr-defined]


def _misspelt(spot: Spot, metric: ast.expr) -> bool:
    """Whether the branch writes the better value down under a name that nothing reads."""
    holder = next((n for n in spot.up() if isinstance(n, ast.stmt)), None)
    if not isinstance(holder, ast.If) or not any(n is spot.node for n in _tests(holder)):
        return False
    written = {
        target.id
        for statement in holder.body
        if isinstance(statement, ast.Assign) and ast.dump(statement.value) == ast.dump(metric)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    read = {
        n.id
        for n in spot.tree.parents
        if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store)
    }
    return bool(written - read)


def _owner(spot: Spot, name: str) -> ast.AST:
    """What binds the name: for self.best the class."""
    if name.startswith("self."):
        return next((n for n in spot.up() if isinstance(n, ast.ClassDef)), spot.function())
    return spot.function()


def _only_value(spot: Spot, name: str) -> float | None:
    """The number that is all it ever gets; in its own file, from outside of any loop."""
    if name.count(".") > ("self." in name):
        return None  # config.best may be set anywhere
    last = name.rpartition(".")[2]
    bound = list(_bindings(spot.tree, last))
    if len(bound) != 1 or not isinstance(bound[0], (ast.Assign, ast.AnnAssign)):
        return None
    owner = _owner(spot, name)
    own = any(n is owner for n in spot.tree.up(bound[0]))
    looped = any(isinstance(n, Loops) for n in spot.tree.up(bound[0]))
    value = bound[0].value
    if not own or looped or value is None or dotted(targets_of(bound[0])[0]) != name:
        return None
    return _number(value) if len(targets_of(bound[0])) == 1 else None


def _bindings(tree: Tree, last: str) -> Iterator[ast.AST]:
    """Whatever may set a name, or an attribute of anything, that is called so."""
    for node in tree.parents:
        if isinstance(node, ast.arg) and node.arg == last:
            yield node
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            if last in node.names:
                yield node
        elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            called = node.id if isinstance(node, ast.Name) else node.attr
            if called == last:
                yield next((n for n in (node, *tree.up(node)) if isinstance(n, ast.stmt)), node)


def _number(value: ast.expr) -> float | None:
    """0, -1.0, float("inf"), -np.inf."""
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
        inner = _number(value.operand)
        return None if inner is None else -inner
    if isinstance(value, ast.Constant):
        plain = isinstance(value.value, (int, float)) and not isinstance(value.value, bool)
        return float(value.value) if plain else None  # type: ignore[arg-type]
    if isinstance(value, ast.Call) and dotted(value.func) == "float" and value.args:
        given = value.args[0]
        text = str(given.value).lower() if isinstance(given, ast.Constant) else ""
        return {"inf": 1e308, "infinity": 1e308, "-inf": -1e308}.get(text)
    return 1e308 if dotted(value).rpartition(".")[2] in ("inf", "Inf", "maxsize") else None


def _measured_anew(spot: Spot, metric: str, best: str) -> bool:
    """Whether the other side is a result of the loop, or handed to the method that compares: no
    number of an epoch and no counter."""
    function = spot.function()
    handed = [a.arg for a in getattr(getattr(function, "args", None), "args", [])]
    if best.startswith("self.") and metric in handed:
        return not _counts(spot, metric)
    loops = spot.loops()
    if not loops:
        return False
    set_by = [
        n
        for n in inside(loops[-1])
        if isinstance(n, (ast.Assign, ast.AnnAssign)) and metric in map(dotted, targets_of(n))
    ]
    return any(_has_call(n.value) for n in set_by) and not _counts(spot, metric)


def _counts(spot: Spot, metric: str) -> bool:
    """Counted up, or the variable of a loop."""
    return any(
        isinstance(n, (ast.AugAssign, *Loops)) and metric in map(dotted, targets_of(n))
        for n in ast.walk(spot.function())
    ) or metric.rpartition(".")[2] in ("epoch", "step", "iteration")


def _has_call(value: ast.AST | None) -> bool:
    return value is not None and any(
        isinstance(n, (ast.Call, ast.BinOp)) for n in (value, *inside(value))
    )


def _keeps(spot: Spot) -> bool:
    """Weights are set aside where it is so: in the branch, or by the name of the result."""
    holder = next((n for n in spot.up() if isinstance(n, ast.stmt)), None)
    if isinstance(holder, ast.If) and any(n is spot.node for n in _tests(holder)):
        return _saves(holder)
    if not isinstance(holder, ast.Assign) or not holder.targets:
        return False
    name = dotted(holder.targets[0])
    for node in ast.walk(spot.function()):
        if isinstance(node, ast.If) and name in map(dotted, ast.walk(node.test)) and _saves(node):
            return True
        given = isinstance(node, ast.Call) and any(
            dotted(a) == name for a in (*node.args, *(k.value for k in node.keywords))
        )
        if given and any(method(n)[1] == "state_dict" for n in ast.walk(node)):
            return True  # save_checkpoint({"state_dict": model.state_dict()}, is_best)
    return False


def _tests(node: ast.If) -> list[ast.AST]:
    """A condition that is this comparison, or this one and others."""
    return [node.test, *(node.test.values if isinstance(node.test, ast.BoolOp) else ())]


def _saves(node: ast.If) -> bool:
    return any(
        isinstance(n, ast.Call) and dotted(n.func).rpartition(".")[2] in _KEEPS
        for s in node.body
        for n in (s, *inside(s))
    )


# --- in the run ----------------------------------------------------------------------------------


def last_kept(passes: Passes | None, run: Run, source: Source) -> Finding | None:
    """Weights were kept after evaluations that were worse than an earlier one."""
    found = next(iter(never_updated(source)), None)
    if found is None:
        return None
    worse = _worse(passes, found.up) if passes is not None else None
    if passes is not None and not run.shortened and worse is None:
        return None  # nothing that the right comparison would not have kept
    return suspected(found, worse)


def _worse(passes: Passes, up: bool) -> tuple[PassFacts, PassFacts] | None:
    """Of a series after each of which weights were kept: the last one, and a better one before."""
    places_of = {e.place for e in passes.weights if e.kind == "taken"}
    for place in places_of:
        events = [e for e in passes.weights if e.kind == "taken" and e.place == place]
        for group in series(passes.of("eval")):
            kept = [p for p in group if any(right_after(e, p) for e in events)]
            scores = [p.accuracy if up else _opposite(p.mean_loss) for p in kept]
            known = [s for s in scores if s is not None]
            if len(kept) < max(FEWEST, len(group) - 1) or len(known) < len(kept):
                continue  # the first may be a look before the training
            if any(later < before for before, later in pairwise(known)):
                return kept[-1], kept[known.index(max(known))]
    return None


def _opposite(value: float | None) -> float | None:
    return None if value is None else -value


def suspected(one: Unchanged, worse: tuple[PassFacts, PassFacts] | None = None) -> Finding:
    says = (
        f"{one.best} stays {one.first:g}: it is never updated, so that every {one.metric} counts "
        "as better, and what is kept last is the network of the last epoch"
    )
    if worse is not None and worse[0].accuracy is not None and worse[1].accuracy is not None:
        says += (
            f"; that one got {worse[0].accuracy:.1%} right, the best one {worse[1].accuracy:.1%}"
        )
    return Finding(
        says=says,
        places=places(one.place),
        severity="warning",
        confidence=0.9,
        explains=("evaluation-far-below-training", "overfitting"),
        fix=Fix(f"write {one.best} = {'max' if one.up else 'min'}({one.metric}, {one.best}) right "
                "after the comparison"),
    )  # fmt: skip
