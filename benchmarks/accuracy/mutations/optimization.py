"""Mistakes in rates, optimizers, schedules, and in which parameters are trained."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from accuracy.editing import Code, Mutant, last_name, plants
from accuracy.mutations._parts import (
    around,
    backwards,
    last_linear,
    number,
    on_optimizer,
    optimizers,
    training_loaders,
)


def _with_rate(code: Code, factor: float) -> Iterator[Mutant]:
    for call in optimizers(code):
        given = code.argument(call, "lr", 1)
        rate = number(given)
        if rate is not None:
            edit = code.give(call, "lr", f"{rate * factor:g}", 1)
            yield code.mutant(edit, at=[call])
            continue
        for default in _definitions(code, given):
            yield code.mutant(
                code.replace(default, f"{(number(default) or 0) * factor:g}"), at=[call, default]
            )


def _definitions(code: Code, name: ast.expr | None) -> list[ast.expr]:
    """Where a rate that is passed by name is set: a default, a field, an argument of the parser."""
    wanted = last_name(name) if name is not None else ""
    found: list[ast.expr] = []
    for assign in code.all(ast.Assign):
        if any(last_name(t) == wanted for t in assign.targets) and number(assign.value):
            found.append(assign.value)
    for field in code.all(ast.AnnAssign):
        if last_name(field.target) == wanted and number(field.value) and field.value:
            found.append(field.value)
    for call in code.calls("add_argument"):
        default = code.argument(call, "default")
        if f"--{wanted}" in code.segment(call) and number(default) and default is not None:
            found.append(default)
    return found[:1] if wanted else []


@plants("learning-rate-too-high")
def rate_times_100(code: Code) -> Iterator[Mutant]:
    yield from _with_rate(code, 100)


@plants("learning-rate-too-high", held_back=True)
def rate_times_1000(code: Code) -> Iterator[Mutant]:
    yield from _with_rate(code, 1000)


@plants("learning-rate-too-low")
def rate_divided_by_10000(code: Code) -> Iterator[Mutant]:
    yield from _with_rate(code, 1e-4)


@plants("learning-rate-too-low", held_back=True)
def rate_divided_by_3000(code: Code) -> Iterator[Mutant]:
    yield from _with_rate(code, 1 / 3000)


@plants("unsuitable-momentum")
def momentum_999(code: Code) -> Iterator[Mutant]:
    for call in code.calls("SGD"):
        yield code.mutant(code.give(call, "momentum", "0.999", 2), at=[call])


@plants("weight-decay-too-high")
def decay_of_one(code: Code) -> Iterator[Mutant]:
    for call in optimizers(code):
        value = {"SGD": "0.5", "AdamW": "20.0"}.get(last_name(call.func), "1.0")
        yield code.mutant(code.give(call, "weight_decay", value), at=[call])


@plants("unsuitable-optimizer")
def rprop_on_batches(code: Code) -> Iterator[Mutant]:
    for call in optimizers(code)[:1]:
        if call.args and isinstance(call.func, ast.Attribute):
            module = code.segment(call.func.value)
            new = f"{module}.Rprop({code.segment(call.args[0])})"  # made for full batches
            yield code.mutant(code.replace(call, new), at=[call])


@plants("batch-size-too-large")
def all_in_one_batch(code: Code) -> Iterator[Mutant]:
    for call in training_loaders(code)[:1]:
        if number(code.argument(call, "batch_size", 1)):
            yield code.mutant(code.give(call, "batch_size", "100000", 1), at=[call])


@plants("batch-size-too-small")
def batches_of_one(code: Code) -> Iterator[Mutant]:
    if "BatchNorm" in code.text:
        return
    for call in training_loaders(code)[:1]:
        if number(code.argument(call, "batch_size", 1)):
            yield code.mutant(code.give(call, "batch_size", "1", 1), at=[call])


@plants("scheduler-misused")
def decayed_at_every_batch(code: Code) -> Iterator[Mutant]:
    for step in on_optimizer(code, "step")[:1]:
        made = optimizers(code)
        if len(made) != 1 or "lr_scheduler" in code.text or "import torch" not in code.text:
            continue
        statement = code.statement(made[0])
        if not isinstance(statement, ast.Assign) or code.loop(step) is None:
            continue
        name = code.segment(statement.targets[0])
        same = code.inside(step, ast.FunctionDef) is code.inside(statement, ast.FunctionDef)
        if same:
            create = code.after(
                statement, f"decay = torch.optim.lr_scheduler.StepLR({name}, 5, gamma=0.2)"
            )
            added = code.after(step, "decay.step()")
            yield code.mutant(create, added, at=[create, added])


@plants("scheduler-misused", held_back=True)
def one_cycle_once_an_epoch(code: Code) -> Iterator[Mutant]:
    for step in [s for s in code.all(ast.Expr) if code.segment(s).endswith("sched.step()")]:
        loop = code.loop(step)
        if isinstance(loop, ast.For) and code.loop(loop) is not None:
            moved = code.after(loop, code.segment(step))
            yield code.mutant(code.delete(step), moved, at=[moved, *code.calls("OneCycleLR")])


@plants("parameters-missing-from-optimizer")
def only_the_last_layer(code: Code) -> Iterator[Mutant]:
    for call in optimizers(code)[:1]:
        given = code.segment(call.args[0]) if call.args else ""
        if given.endswith(".parameters()") and "," not in given:
            new = f"list({given})[-2:]"
            yield code.mutant(code.replace(call.args[0], new), at=[call])


@plants("parameters-missing-from-optimizer", held_back=True)
def optimizer_of_a_copy(code: Code) -> Iterator[Mutant]:
    for call in optimizers(code)[:1]:
        given = code.segment(call.args[0]) if call.args else ""
        if given.endswith(".parameters()") and "," not in given:
            model = given.removesuffix(".parameters()")
            new = f"__import__('copy').deepcopy({model}).parameters()"
            yield code.mutant(code.replace(call.args[0], new), at=[call])


@plants("frozen-parameters")
def all_but_the_head_frozen(code: Code) -> Iterator[Mutant]:
    for call in optimizers(code)[:1]:
        given = code.segment(call.args[0]) if call.args else ""
        statement = code.statement(call)
        if given.endswith(".parameters()") and isinstance(statement, ast.Assign):
            line = f"[p.requires_grad_(False) for p in list({given})[:-2]]"
            added = code.before(statement, line)
            yield code.mutant(added, at=[added, statement])


@plants("too-few-epochs")
def one_epoch_of_a_slow_rate(code: Code) -> Iterator[Mutant]:
    for loop in code.all(ast.For):
        if "epoch" in code.segment(loop.target) and isinstance(loop.iter, ast.Call):
            backward = [b for b in backwards(code) if code.loop(b) not in (None, loop)]
            if backward and len(loop.iter.args) == 1 and last_name(loop.iter.func) == "range":
                edit = code.replace(loop.iter.args[0], "1")
                yield code.mutant(edit, at=around(code, loop.iter))


@plants("output-count-mismatch")
def five_outputs_too_few(code: Code) -> Iterator[Mutant]:
    head = last_linear(code)
    if head is not None and number(code.argument(head, "out_features", 1)) == 10:
        yield code.mutant(code.give(head, "out_features", "5", 1), at=[head])
