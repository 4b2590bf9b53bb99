"""Mistakes in the loop: gradients, steps, modes, schedules, what is kept."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from accuracy.editing import Code, Edit, Mutant, last_name, plants
from accuracy.mutations._parts import (
    around,
    backwards,
    loss_call,
    on_optimizer,
    optimizers,
    statements,
)


@plants("missing-zero-grad")
def zero_grad_removed(code: Code) -> Iterator[Mutant]:
    found = on_optimizer(code, "zero_grad") or statements(code, "zero_grad")
    steps = on_optimizer(code, "step")
    for backward in backwards(code)[:1]:
        if found:
            marks = [*around(code, backward), *steps, *found]
            yield code.mutant(*(code.delete(s) for s in found), at=marks)


@plants("missing-zero-grad", held_back=True)
def zero_grad_once_an_epoch(code: Code) -> Iterator[Mutant]:
    for statement in on_optimizer(code, "zero_grad")[:1]:
        loop = code.loop(statement)
        if isinstance(loop, ast.For) and code.inside(loop, ast.For):
            moved = code.before(loop, code.segment(statement))
            marks = [*around(code, statement), *backwards(code), *on_optimizer(code, "step")]
            yield code.mutant(code.delete(statement), moved, at=[*marks, moved])


@plants("zero-grad-before-step")
def cleared_between(code: Code) -> Iterator[Mutant]:
    for statement in on_optimizer(code, "zero_grad")[:1]:
        for backward in backwards(code)[:1]:
            added = code.after(backward, code.segment(statement))
            marks = [added, *on_optimizer(code, "step")]
            if statement.lineno < backward.lineno:
                yield code.mutant(code.delete(statement), added, at=marks)
            else:
                yield code.mutant(added, at=marks)


@plants("missing-optimizer-step")
def step_removed(code: Code) -> Iterator[Mutant]:
    for statement in on_optimizer(code, "step")[:1]:
        marks = [*around(code, statement), *backwards(code), *optimizers(code)]
        yield code.mutant(code.delete(statement), at=marks)


@plants("missing-backward")
def backward_removed(code: Code) -> Iterator[Mutant]:
    for backward in backwards(code)[:1]:
        marks = [*around(code, backward), *on_optimizer(code, "step")]
        found = loss_call(code, backward)
        if found:
            marks.append(found[0])
        yield code.mutant(_without_the_call(code, backward), at=marks)


def _without_the_call(code: Code, backward: ast.Expr) -> Edit:
    """Of `criterion(...).backward()` the loss stays: it was computed there and nowhere else."""
    function = backward.value.func  # type: ignore[attr-defined]
    if isinstance(function.value, ast.Call):
        return code.replace(backward, code.segment(function.value))
    return code.delete(backward)


@plants("train-mode-not-restored")
def train_called_once(code: Code) -> Iterator[Mutant]:
    calls = statements(code, "train")
    if calls and statements(code, "eval"):
        marks = [*calls, *statements(code, "eval")]
        loops = [code.loop(c) for c in calls]
        marks += [loop.lineno for loop in loops if loop is not None]
        yield code.mutant(*(code.delete(c) for c in calls), at=marks)


@plants("evaluating-in-train-mode")
def eval_forgotten(code: Code) -> Iterator[Mutant]:
    calls = statements(code, "eval")
    if calls:
        functions = [f for c in calls if (f := code.inside(c, ast.FunctionDef))]
        inside = [n for f in functions for n in ast.walk(f) if isinstance(n, (ast.For, ast.Call))]
        marks = [*calls, *(n.lineno for n in inside), *(f.lineno for f in functions)]
        if not functions:
            marks += range(calls[0].lineno, calls[0].lineno + 12)
        yield code.mutant(*(code.delete(c) for c in calls), at=marks)


@plants("gradient-accumulation-misused")
def sum_of_eight_batches(code: Code) -> Iterator[Mutant]:
    clears, steps = on_optimizer(code, "zero_grad"), on_optimizer(code, "step")
    if any(last_name(o.func) != "SGD" for o in optimizers(code)):
        return  # the steps of Adam and its kin do not grow with the gradient
    for backward in backwards(code)[:1]:
        loop = code.loop(backward)
        if not (isinstance(loop, ast.For) and len(clears) == len(steps) == 1):
            continue
        if code.loop(steps[0]) is not loop or code.loop(clears[0]) is not loop:
            continue
        begin = code.before(loop, "micro = 0")
        step = code.replace(
            steps[0],
            f"micro += 1\n{' ' * steps[0].col_offset}if micro % 8 == 0:\n"
            f"{' ' * (steps[0].col_offset + 4)}{code.segment(steps[0])}; {code.segment(clears[0])}",
        )
        marks = [backward, step, *around(code, backward)]
        if found := loss_call(code, backward):
            marks.append(found[0])
        yield code.mutant(begin, code.delete(clears[0]), step, at=marks)


@plants("gradient-clipping-misused")
def clipped_to_nothing(code: Code) -> Iterator[Mutant]:
    models = [code.segment(o.args[0]) for o in optimizers(code) if o.args]
    for backward in backwards(code)[:1]:
        if len(models) == 1 and models[0].endswith(".parameters()") and "import torch" in code.text:
            model = models[0].removesuffix(".parameters()")
            if code.inside(backward, ast.FunctionDef) is None or f"{model}(" in code.text:
                line = f"torch.nn.utils.clip_grad_norm_({model}.parameters(), 1e-5)"
                added = code.after(backward, line)
                yield code.mutant(added, at=[added])


def _without_graph(code: Code, statement: ast.AST) -> bool:
    """Whether it stands under `with torch.no_grad():`, where there is nothing to keep."""
    return any(
        with_.lineno < statement.lineno <= (with_.end_lineno or 0)  # type: ignore[attr-defined]
        and re.search(r"no_grad|inference_mode", code.segment(with_.items[0].context_expr))
        for with_ in code.all(ast.With)
    )


@plants("graph-kept-across-steps", silent=True)
def losses_summed_with_graph(code: Code) -> Iterator[Mutant]:
    for call in code.calls("item"):
        statement = code.statement(call)
        if isinstance(statement, ast.AugAssign) and "loss" in code.segment(call):
            if _without_graph(code, statement):
                continue
            inner = code.segment(call.func.value)  # type: ignore[attr-defined]
            yield code.mutant(code.replace(call, inner), at=[statement])


@plants("best-weights-kept-by-reference", silent=True)
def state_dict_not_copied(code: Code) -> Iterator[Mutant]:
    for call in code.calls("deepcopy"):
        if "state_dict" in code.segment(call):
            inner = code.segment(call.args[0])
            yield code.mutant(code.replace(call, inner), at=[code.statement(call)])


@plants("early-stopping-misfires")
def counter_never_reset(code: Code) -> Iterator[Mutant]:
    for assign in code.all(ast.Assign):
        text = code.segment(assign)
        if "bad" in text and text.endswith(", 0") and code.inside(assign, ast.If):
            first = text.split("=")
            target = first[0].split(",")[0].strip()
            value = first[1].rsplit(",", 1)[0].strip()
            yield code.mutant(
                code.replace(assign, f"{target} = {value}"),
                at=[assign, assign.lineno + 2, assign.lineno + 3],
            )


@plants("loss-cut-from-model")
def loss_made_anew(code: Code) -> Iterator[Mutant]:
    for backward in backwards(code)[:1]:
        if found := loss_call(code, backward):
            assign, call = found
            new = code.segment(call)
            edit = code.replace(call, f"torch.tensor({new}.item(), requires_grad=True)")
            if "import torch" in code.text:
                yield code.mutant(edit, at=[assign, backward])


@plants("loss-cut-from-model", held_back=True)
def output_detached(code: Code) -> Iterator[Mutant]:
    for backward in backwards(code)[:1]:
        if found := loss_call(code, backward):
            assign, call = found
            output = call.args[0]
            new = f"{code.segment(output)}.detach().requires_grad_()"
            yield code.mutant(code.replace(output, new), at=[assign, backward])


@plants("model-recreated-while-training")
def new_optimizer_and_weights_each_epoch(code: Code) -> Iterator[Mutant]:
    for backward in backwards(code)[:1]:
        loop = code.loop(backward)
        outer = code.loop(loop) if loop is not None else None
        for assign in code.all(ast.Assign):
            name = code.segment(assign.targets[0])
            if not isinstance(outer, ast.For) or name not in ("model", "net") or assign.col_offset:
                continue
            if assign.lineno > outer.lineno:  # what it is made of may not be there yet
                continue
            made = [o for o in optimizers(code) if code.statement(o).lineno < outer.lineno]
            if len(made) == 1 and isinstance(code.statement(made[0]), ast.Assign):
                first = outer.body[0]
                added = code.before(
                    first,
                    f"{code.segment(assign)}\n{' ' * first.col_offset}"
                    f"{code.segment(code.statement(made[0]))}",
                )
                yield code.mutant(added, at=[added])
