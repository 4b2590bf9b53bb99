"""Batches of a generator, or of zip, map or iter, that was made once, before the loop over the
epochs: the first epoch goes through it, and for the others nothing is left."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from whytorch.checks._helpers import places
from whytorch.checks._learning import FAILED, WELL, Learning
from whytorch.checks._rewriting import statement, text
from whytorch.evidence.facts import Passes
from whytorch.evidence.source import Source
from whytorch.evidence.source_nodes import walk
from whytorch.records import AnyEdit, Finding, Fix, InsertBefore, Place, Remove

ENOUGH = 3  # evaluations after the last step: one or two belong to any training's end
_ONCE = ("zip", "map", "filter", "iter", "enumerate")
_AROUND = ("enumerate", "tqdm", "zip", "islice", "track")  # what hands on what it is given
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


def used_up(passes: Passes | None, outcome: Learning, source: Source | None) -> Finding | None:
    """Trained once, evaluated again and again."""
    train = passes.of("train") if passes is not None else ()
    if not train or passes is None or source is None or any(p.shortened for p in train):
        return None
    steps = max(p.first_step + p.steps for p in train)
    idle = _idle(passes, steps) if len(train) == 1 else 0
    made = next(_made_once(source, train[0].place), None) if idle >= ENOUGH else None
    skill = outcome.eval_skill
    if made is None or (skill is not None and skill >= WELL):
        return None
    name, value, at, loop = made
    return Finding(
        title="Batches used up by the first epoch",
        says=f"{name} is made once, in front of the loop, and can be gone through once: the first "
        f"epoch used it up in {steps} steps, and in the {idle} after it no batch was left"
        f"{outcome.reached()}",
        places=places(at, loop),
        severity="error" if skill is None or skill < FAILED else "warning",
        confidence=0.95,
        measured={"steps": steps, "evaluations_without_a_step": idle},
        explains=("underfitting", "loss-not-decreasing", "loss-at-chance", "same-class-predicted"),
        fix=Fix(f"make it anew for each epoch: write {name} = {value} within the loop"),
    )


def _idle(passes: Passes, steps: int) -> int:
    """Epochs that ended without a step: evaluations after the last one, or times that a line was
    printed again from one place. The first belongs to the epoch that had its steps."""
    evaluated = sum(p.first_step >= steps for p in passes.of("eval"))
    printed = Counter(line.place for line in passes.printed if line.step >= steps and line.place)
    return max(evaluated, *printed.values(), 0) - 1 if printed else evaluated - 1


def _made_once(source: Source, trained: Place | None) -> Iterator[tuple[str, str, Place, Place]]:
    """(name, what it is made by, where, the loop that goes through it again and again)."""
    yields = {f.name for f in _functions(source) if _yields(f)}
    for file in source.files:
        for scope in (file.tree, *(n for n in ast.walk(file.tree) if isinstance(n, _Function))):
            own = list(_own(scope))
            for made in own:
                if not isinstance(made, ast.Assign) or not _once(made.value, yields):
                    continue
                name = made.targets[0].id if isinstance(made.targets[0], ast.Name) else ""
                loop = _loop_again(name, made, own, _around(source, trained))
                if loop is not None:
                    value = " ".join(ast.unparse(made.value).split())
                    value = value if len(value) <= 60 else f"{value[:57]}..."
                    yield name, value, Place(file.path, made.lineno), Place(file.path, loop.lineno)


def _functions(source: Source) -> Iterator[ast.FunctionDef]:
    for file in source.files:
        yield from (n for n in ast.walk(file.tree) if isinstance(n, ast.FunctionDef))


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function itself, and in no other function within it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, _Function):
            yield from _own(node)


def _yields(function: ast.FunctionDef) -> bool:
    return any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in _own(function))


def _once(value: ast.expr, yields: set[str]) -> bool:
    if isinstance(value, ast.GeneratorExp):
        return True
    name = _called(value)
    return name in _ONCE or name in yields


def _called(value: ast.AST) -> str | None:
    func = value.func if isinstance(value, ast.Call) else None
    return func.id if isinstance(func, ast.Name) else getattr(func, "attr", None)


def _around(source: Source, trained: Place | None) -> tuple[int, str | None]:
    """The line where the network is called in training, and the function that it stands in."""
    around = source.enclosing_function(trained) if trained is not None else None
    return (trained.line if trained is not None else 0, around.name if around else None)


def _loop_again(
    name: str, made: ast.Assign, own: list[ast.AST], trained: tuple[int, str | None]
) -> ast.For | ast.While | None:
    """The loop below that trains on `name` each time, where nothing else sets it."""
    if not name or sum(_sets(n, name) for n in own) != 1:
        return None
    loops = [n for n in own if isinstance(n, (ast.For, ast.While)) and n.lineno > made.lineno]
    for loop in loops:
        for node in (n for s in loop.body for n in (s, *walk(s))):
            if isinstance(node, ast.For) and _hands_on(node.iter, name):
                inside = node.lineno <= trained[0] <= (node.end_lineno or 0)
                if inside or any(_called(n) == trained[1] for n in walk(node) if trained[1]):
                    return loop
            if isinstance(node, ast.Call) and any(_is(a, name) for a in node.args):
                if trained[1] is not None and _called(node) == trained[1]:
                    return loop
    return None


def _sets(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)


def _hands_on(given: ast.expr, name: str) -> bool:
    if isinstance(given, ast.Call) and _called(given) in _AROUND:
        return any(_hands_on(a, name) for a in given.args)
    return _is(given, name)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def into_the_loop(finding: Finding, source: Source) -> list[AnyEdit]:
    """The line that makes the batches becomes the first of the loop over the epochs."""
    made, loop = finding.places[:2]
    node, again = statement(source, made), statement(source, loop)
    if not isinstance(node, ast.Assign) or not isinstance(again, (ast.For, ast.While)):
        return []
    first = Place(loop.path, again.body[0].lineno)
    return [Remove(made), InsertBefore(first, code=text(source, made, node))]
