"""Mistakes in layers: sizes, activations, initialization, what is registered and used."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from accuracy.editing import Code, Mutant, last_name, plants
from accuracy.mutations._parts import (
    last_linear,
    networks,
    number,
    optimizers,
    statements,
)

ACTIVATIONS = ("ReLU", "ELU", "LeakyReLU", "ReLU6", "GELU", "Tanh", "SiLU")
FUNCTIONS = ("relu", "elu", "leaky_relu", "gelu", "tanh")


def _before_optimizer(code: Code, line: str) -> Mutant | None:
    """A statement about the model, just before its optimizer is built."""
    for call in optimizers(code)[:1]:
        given = code.segment(call.args[0]) if call.args else ""
        statement = code.statement(call)
        model = given.removesuffix(".parameters()")
        if given.endswith(".parameters()") and isinstance(statement, ast.Assign):
            added = code.before(statement, line.format(model=model))
            layers = code.calls("Linear", "Conv2d", "LazyLinear")
            return code.mutant(added, at=[added, *layers, statement])
    return None


@plants("poor-initialization")
def all_weights_alike(code: Code) -> Iterator[Mutant]:
    made = _before_optimizer(code, "[p.data.fill_(0.01) for p in {model}.parameters()]")
    if made:
        yield made


@plants("poor-initialization", held_back=True)
def weights_of_size_one(code: Code) -> Iterator[Mutant]:
    if "BatchNorm" not in code.text and "LayerNorm" not in code.text:
        line = "[p.data.normal_(0, 2) for p in {model}.parameters() if p.ndim > 1]"
        made = _before_optimizer(code, line)
        if made:
            yield made


@plants("dead-relu")
def biases_far_below_zero(code: Code) -> Iterator[Mutant]:
    if not code.calls("ReLU", "relu") or code.calls("LeakyReLU", "leaky_relu", "PReLU"):
        return  # only units that give 0 can die
    if "Norm" not in code.text:
        line = "[p.data.fill_(-30.0) for p in list({model}.parameters())[:-1] if p.ndim == 1]"
        made = _before_optimizer(code, line)
        if made:
            yield made


@plants("unsuitable-activation")
def no_activation_at_all(code: Code) -> Iterator[Mutant]:
    modules = [c for c in code.calls(*ACTIVATIONS) if isinstance(c.func, ast.Attribute)]
    called = [c for c in code.calls(*FUNCTIONS) if c.args]
    if modules or called:
        edits = [code.replace(c, f"{code.segment(c.func.value)}.Identity()") for c in modules]  # type: ignore[attr-defined]
        for call in called:
            if not any(call in ast.walk(other) and other is not call for other in called):
                text = code.segment(call.args[0])
                edits.append(code.replace(call, _bare(code, call.args[0], text)))
        yield code.mutant(
            *edits,
            at=[*modules, *called, *code.calls("Linear", "Conv2d", "Sequential"), *networks(code)],
        )


def _bare(code: Code, node: ast.expr, text: str) -> str:
    """The argument of an activation, without the activations inside it."""
    start = code.span(node)[0]
    for inner in sorted(code.calls(*FUNCTIONS), key=lambda c: -code.span(c)[0]):
        begin, end = code.span(inner)
        if begin >= start and end <= code.span(node)[1] and inner.args:
            argument = code.segment(inner.args[0])
            text = text[: begin - start] + argument + text[end - start :]
    return f"({text})"


@plants("unsuitable-activation", held_back=True)
def deep_sigmoids(code: Code) -> Iterator[Mutant]:
    modules = [c for c in code.calls(*ACTIVATIONS) if isinstance(c.func, ast.Attribute)]
    if len(modules) > 1 and "Norm" not in code.text:
        edits = [code.replace(c, f"{code.segment(c.func.value)}.Sigmoid()") for c in modules]  # type: ignore[attr-defined]
        yield code.mutant(*edits, at=modules)


@plants("underfitting-capacity")
def one_channel_wide(code: Code) -> Iterator[Mutant]:
    layers = code.calls("Conv2d", "Linear")
    if len(layers) < 2 or any(isinstance(a, ast.Starred) for c in layers for a in c.args):
        return
    head = layers[-1]
    if number(code.argument(head, "in_features", 0)) and last_name(head.func) == "Linear":
        given = code.argument(head, "in_features", 0)
        outputs = code.argument(head, "out_features", 1)
        if given is not None and outputs is not None and isinstance(head.func, ast.Attribute):
            module = code.segment(head.func.value)
            width, out = code.segment(given), code.segment(outputs)
            new = f"{module}.Sequential({module}.Linear({width}, 1), {module}.Linear(1, {out}))"
            yield code.mutant(code.replace(head, new), at=[head, *layers])


@plants("flatten-size-mismatch")
def features_miscounted(code: Code) -> Iterator[Mutant]:
    if "Conv2d" not in code.text:
        return
    for call in code.calls("Linear"):
        given = code.argument(call, "in_features", 0)
        value = code.segment(given) if given is not None else ""
        if "*" in value or (number(given) or 0) > 100:
            edit = code.replace(given, f"{value} // 4 * 3")  # type: ignore[arg-type]
            yield code.mutant(edit, at=[call, *networks(code)])
            return


@plants("channel-count-mismatch")
def three_channels_expected(code: Code) -> Iterator[Mutant]:
    for call in code.calls("Conv2d")[:1]:
        given = code.argument(call, "in_channels", 0)
        if number(given) in (1, 3):
            new = "3" if number(given) == 1 else "1"
            yield code.mutant(code.give(call, "in_channels", new, 0), at=[call])


@plants("unregistered-modules")
def layers_in_a_list(code: Code) -> Iterator[Mutant]:
    for call in code.calls("ModuleList"):
        if call.args:
            yield code.mutant(code.replace(call, f"list({code.segment(call.args[0])})"), at=[call])


@plants("layer-created-in-forward")
def a_new_head_each_time(code: Code) -> Iterator[Mutant]:
    for forward in networks(code)[-1:]:
        cls = code.inside(forward, ast.ClassDef)
        for call in code.calls("Linear"):
            statement = code.statement(call)
            inside = cls is not None and code.inside(call, ast.ClassDef) is cls
            if not inside or not isinstance(statement, ast.Assign) or statement.value is not call:
                continue
            target = code.segment(statement.targets[0])
            constant = all(number(a) is not None for a in call.args)
            for use in code.all(ast.Call):
                if constant and code.segment(use.func) == target and use in ast.walk(forward):
                    edit = code.replace(use.func, code.segment(call))
                    yield code.mutant(edit, at=[use, statement])
                    return


@plants("unsuitable-pooling")
def pooled_to_one_pixel_at_once(code: Code) -> Iterator[Mutant]:
    convolutions = code.calls("Conv2d")
    if "AdaptiveAvgPool2d(1)" in code.text and convolutions:
        first = convolutions[0]
        outer = code.parents.get(first)
        if isinstance(outer, ast.Call) and isinstance(first.func, ast.Attribute):
            module = code.segment(first.func.value)
            edit = code.replace(first, f"{module}.AdaptiveAvgPool2d(1), {code.segment(first)}")
            yield code.mutant(edit, at=[first])


@plants("receptive-field-too-large")
def stride_of_eight(code: Code) -> Iterator[Mutant]:
    if "AdaptiveAvgPool2d(1)" in code.text or "AdaptiveMaxPool2d(1)" in code.text:
        for call in code.calls("Conv2d")[:1]:
            stride = code.argument(call, "stride", 3)
            if stride is None or number(stride):
                yield code.mutant(code.give(call, "stride", "8", 3), at=[call])


@plants("in-place-op-breaks-gradient")
def changed_after_use(code: Code) -> Iterator[Mutant]:
    for forward in networks(code):
        for assign in [n for n in ast.walk(forward) if isinstance(n, ast.Assign)]:
            target, value = assign.targets[0], assign.value
            kept = isinstance(value, ast.Call) and last_name(value.func) in (*FUNCTIONS, "sigmoid")
            if kept and isinstance(target, ast.Name):  # backward needs what these return
                added = code.after(assign, f"{target.id} += 1")
                yield code.mutant(added, at=[added, assign])
                return


@plants("computed-but-unused")
def a_result_dropped(code: Code) -> Iterator[Mutant]:
    for forward in networks(code)[-1:]:
        for assign in [n for n in ast.walk(forward) if isinstance(n, ast.Assign)]:
            target = assign.targets[0]
            if not isinstance(target, ast.Name) or not isinstance(assign.value, ast.Call):
                continue
            text = code.segment(assign.value)
            if f"({target.id}" in text and "self." in text:
                edit = code.replace(target, "_unused")
                yield code.mutant(edit, at=[assign])


@plants("dropout-too-high")
def keep_probability_given(code: Code) -> Iterator[Mutant]:
    for call in code.calls("Dropout", "Dropout2d"):
        given = code.argument(call, "p", 0)
        if given is not None and number(given) is not None:
            yield code.mutant(code.replace(given, "0.98"), at=[call])


@plants("dropout-too-high", held_back=True)
def input_dropped(code: Code) -> Iterator[Mutant]:
    for forward in networks(code)[-1:]:
        name = forward.args.args[1].arg if len(forward.args.args) > 1 else None
        if name and "import torch" in code.text:
            line = f"{name} = torch.nn.functional.dropout({name}.float(), 0.97, self.training)"
            added = code.before(forward.body[0], line)
            yield code.mutant(added, at=[added])


@plants("dropout-active-in-evaluation")
def functional_dropout_always_on(code: Code) -> Iterator[Mutant]:
    for forward in networks(code)[-1:]:
        for end in [n for n in ast.walk(forward) if isinstance(n, ast.Return) and n.value]:
            for call in [n for n in ast.walk(end) if isinstance(n, ast.Call) and n.args]:
                if "import torch" in code.text and statements(code, "eval"):
                    inner = code.segment(call.args[0])
                    edit = code.replace(call.args[0], f"torch.nn.functional.dropout({inner}, 0.6)")
                    yield code.mutant(edit, at=[end, *code.calls("dropout")])
                    return


@plants("batchnorm-on-tiny-batches")
def two_samples_a_batch(code: Code) -> Iterator[Mutant]:
    if "BatchNorm" not in code.text:
        return
    for call in code.calls("DataLoader"):
        if "shuffle=True" in code.segment(call):
            if number(code.argument(call, "batch_size", 1)):
                marks = [call, *code.calls("BatchNorm2d", "BatchNorm1d")]
                yield code.mutant(code.give(call, "batch_size", "2", 1), at=marks)


@plants("batchnorm-statistics-stale")
def statistics_hardly_moved(code: Code) -> Iterator[Mutant]:
    calls = code.calls("BatchNorm2d", "BatchNorm1d")
    if calls and not any(code.argument(c, "momentum", 2) for c in calls):
        yield code.mutant(*(code.give(c, "momentum", "1e-5", 2) for c in calls), at=calls)


@plants("output-count-mismatch")
def one_class_too_few(code: Code) -> Iterator[Mutant]:
    head = last_linear(code)
    given = code.argument(head, "out_features", 1) if head is not None else None
    if head is not None and number(given) == 10 and given is not None:
        yield code.mutant(code.replace(given, "9"), at=[head])
