"""Mistakes in the loss and in what is given to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from accuracy.editing import Code, Mutant, last_name, plants
from accuracy.mutations._parts import backwards, last_linear, loss_call, networks, returns

FUNCTIONAL = ("cross_entropy",)


def _cross_entropy(code: Code) -> list[ast.Call]:
    return code.calls("CrossEntropyLoss", "cross_entropy")


def _output(code: Code) -> tuple[ast.Assign, ast.Call] | None:
    for backward in backwards(code)[:1]:
        if found := loss_call(code, backward):
            return found
    return None


@plants("softmax-before-cross-entropy")
def softmax_at_the_end_of_forward(code: Code) -> Iterator[Mutant]:
    if not _cross_entropy(code):
        return
    for forward in networks(code)[-1:]:
        for end in returns(code, forward)[-1:] if _is_whole(code, forward) else ():
            value = code.segment(end.value)  # type: ignore[arg-type]
            if "," not in value or "(" in value:
                edit = code.replace(end.value, f"({value}).softmax(dim=1)")  # type: ignore[arg-type]
                yield code.mutant(edit, at=[end, *_cross_entropy(code), *_places(code)])


@plants("softmax-before-cross-entropy", held_back=True)
def softmax_in_the_call(code: Code) -> Iterator[Mutant]:
    found = _output(code)
    if found and _cross_entropy(code):
        assign, call = found
        edit = code.replace(call.args[0], f"({code.segment(call.args[0])}).softmax(1)")
        yield code.mutant(edit, at=[assign, *_cross_entropy(code)])


def _places(code: Code) -> list[ast.AST]:
    found = _output(code)
    return [found[0]] if found else []


def _is_whole(code: Code, forward: ast.FunctionDef) -> bool:
    """Whether this is the forward of the network, and not of a block that it has several of."""
    owners = [c.name for c in code.all(ast.ClassDef) if forward in c.body]
    return all(len(code.calls(name)) == 1 for name in owners)


def _mixed(code: Code, target: ast.expr) -> bool:
    """Whether the targets come, with the images, out of a call that was given both: class shares,
    as of mixup, and no labels any more."""
    name = code.segment(target)
    return any(
        isinstance(a.targets[0], ast.Tuple)
        and name in [code.segment(e) for e in a.targets[0].elts]
        and isinstance(a.value, ast.Call)
        and len(a.value.args) > 1
        for a in code.all(ast.Assign)
    )


@plants("softmax-over-wrong-dimension")
def log_softmax_over_the_batch(code: Code) -> Iterator[Mutant]:
    for call in code.calls("log_softmax", "LogSoftmax"):
        dim = code.argument(call, "dim", 0 if last_name(call.func) == "LogSoftmax" else 1)
        if dim is not None:
            yield code.mutant(code.replace(dim, "0"), at=[call, *_places(code)])


@plants("nll-without-log-softmax")
def nll_on_logits(code: Code) -> Iterator[Mutant]:
    for call in _cross_entropy(code):
        if call.keywords or len(call.args) not in (0, 2):
            continue
        if call.args and _mixed(code, call.args[1]):
            continue
        name = code.segment(call.func)
        new = name.replace("CrossEntropyLoss", "NLLLoss").replace("cross_entropy", "nll_loss")
        if "log_softmax" not in code.text and "LogSoftmax" not in code.text and new != name:
            marks = [call, *_places(code), *_uses(code, call)]
            yield code.mutant(code.replace(call.func, new), at=marks)


def _uses(code: Code, made: ast.Call) -> list[ast.Call]:
    """Calls of the criterion that is made here: a script may train with it in two places."""
    statement = code.statement(made)
    if not isinstance(statement, ast.Assign) or statement.value is not made:
        return []
    return code.calls(last_name(statement.targets[0]))


@plants("nll-without-log-softmax", held_back=True)
def log_left_out(code: Code) -> Iterator[Mutant]:
    if "nll_loss" in code.text or "NLLLoss" in code.text:
        for call in code.calls("log_softmax", "LogSoftmax"):
            new = code.segment(call.func).replace("log_softmax", "softmax").replace("Log", "")
            yield code.mutant(code.replace(call.func, new), at=[call, *code.calls("nll_loss")])


@plants("mse-on-class-labels")
def squared_error_on_numbers(code: Code) -> Iterator[Mutant]:
    found = _output(code)
    if found and _cross_entropy(code) and "import torch" in code.text:
        assign, call = found
        output, target = (code.segment(a) for a in call.args[:2])
        plain = f"((({output}) - ({target}).float().unsqueeze(1)) ** 2).mean()"
        yield code.mutant(code.replace(call, plain), at=[assign, backwards(code)[0]])


@plants("activation-on-logits")
def relu_on_the_outputs(code: Code) -> Iterator[Mutant]:
    if not _cross_entropy(code):
        return
    for forward in networks(code)[-1:]:
        for end in returns(code, forward)[-1:]:
            value = code.segment(end.value)  # type: ignore[arg-type]
            edit = code.replace(end.value, f"({value}).relu()")  # type: ignore[arg-type]
            yield code.mutant(edit, at=[end, *_places(code), *_cross_entropy(code)])


@plants("activation-on-logits", held_back=True)
def sigmoid_after_the_last_linear(code: Code) -> Iterator[Mutant]:
    head = last_linear(code)
    outer = code.parents.get(head) if head is not None else None
    if head is None or not isinstance(outer, ast.Call) or last_name(outer.func) != "Sequential":
        return
    if outer.args[-1] is head and isinstance(head.func, ast.Attribute) and _cross_entropy(code):
        module = code.segment(head.func.value)
        edit = code.replace(head, f"{code.segment(head)}, {module}.Sigmoid()")
        yield code.mutant(edit, at=[head, *_places(code), *_cross_entropy(code)])


@plants("sigmoid-before-bce-with-logits")
def sigmoid_twice(code: Code) -> Iterator[Mutant]:
    for backward in backwards(code)[:1]:
        found = loss_call(code, backward)
        if found and "BCEWithLogitsLoss" in code.text:
            assign, call = found
            edit = code.replace(call.args[0], f"({code.segment(call.args[0])}).sigmoid()")
            yield code.mutant(edit, at=[assign, *code.calls("BCEWithLogitsLoss")])


@plants("broadcast-loss")
def column_against_row(code: Code) -> Iterator[Mutant]:
    found = _output(code)
    if found and any(n in code.text for n in ("mse_loss", "MSELoss", "l1_loss", "SmoothL1")):
        assign, call = found
        if code.segment(call.args[1]) in code.segment(call.args[0]):
            return  # an image against itself: flattened it does not broadcast, it stops
        edit = code.replace(call.args[1], f"({code.segment(call.args[1])}).reshape(-1)")
        yield code.mutant(edit, at=[assign])


@plants("backward-on-wrong-tensor")
def the_output_is_propagated(code: Code) -> Iterator[Mutant]:
    found = _output(code)
    if found:
        assign, call = found
        backward = backwards(code)[0]
        output = call.args[0]
        if isinstance(output, ast.Name):
            new = f"{output.id}.pow(2).mean().backward()"
            yield code.mutant(code.replace(backward, new), at=[backward, assign])


@plants("class-weights-misused")
def weights_by_frequency(code: Code) -> Iterator[Mutant]:
    for call in code.calls("BCEWithLogitsLoss"):
        weight = code.argument(call, "pos_weight")
        if weight is not None:
            edit = code.replace(weight, f"0.02 / ({code.segment(weight)})")
            yield code.mutant(edit, at=[call])


@plants("class-weights-misused")
def one_class_outweighs_the_other(code: Code) -> Iterator[Mutant]:
    for call in code.calls("BCEWithLogitsLoss"):
        weight = code.argument(call, "pos_weight")
        if weight is not None:
            edit = code.replace(weight, f"200 * ({code.segment(weight)})")
            yield code.mutant(edit, at=[call])


@plants("target-encoding-mismatch")
def one_hot_as_long(code: Code) -> Iterator[Mutant]:
    found = _output(code)
    if found and _cross_entropy(code) and isinstance(found[1].args[1], ast.Name):
        assign, call = found
        if _mixed(code, call.args[1]):
            return  # of class shares one_hot makes nothing
        target = code.segment(call.args[1])
        if "import torch" in code.text:
            new = f"torch.nn.functional.one_hot({target}, 10)"
            yield code.mutant(code.replace(call.args[1], new), at=[assign])


@plants("labels-out-of-range")
def labels_from_one(code: Code) -> Iterator[Mutant]:
    found = _output(code)
    if found and _cross_entropy(code) and not _mixed(code, found[1].args[1]):
        assign, call = found
        edit = code.replace(call.args[1], f"({code.segment(call.args[1])} + 1)")
        yield code.mutant(edit, at=[assign])
