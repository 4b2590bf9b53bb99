"""Mistakes in images, labels, their order, and how they are split."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from accuracy.editing import Code, Mutant, last_name, plants
from accuracy.mutations._parts import backwards, loss_call, number, training_loaders

NO_BATCHES = ("range", ".split(", ".items(")  # folds of indices, names and their data sets


def batch_loops(code: Code) -> list[tuple[ast.For, str, str]]:
    """(loop, images, labels) of every `for images, labels in loader`, also under enumerate."""
    found = []
    for loop in code.all(ast.For):
        target: ast.expr = loop.target
        if isinstance(target, ast.Tuple) and len(target.elts) == 2:
            if isinstance(target.elts[1], ast.Tuple):
                target = target.elts[1]
            names = [e.id for e in target.elts if isinstance(e, ast.Name)]
            given = code.segment(loop.iter)
            if len(names) == 2 and not any(n in given for n in NO_BATCHES):
                if "batch" not in names[0] and names[0] not in ("epoch", "step", "i", "fold"):
                    found.append((loop, names[0], names[1]))
    return found


def training_loops(code: Code) -> list[tuple[ast.For, str, str]]:
    """Those that hold a backward, or the only line of a training."""
    inside = {id(code.loop(b)) for b in backwards(code)}
    return [found for found in batch_loops(code) if id(found[0]) in inside]


def evaluation_loops(code: Code) -> list[tuple[ast.For, str, str]]:
    trained = {id(loop) for loop, _, _ in training_loops(code)}
    return [found for found in batch_loops(code) if id(found[0]) not in trained]


def _change(code: Code, loops: list[tuple[ast.For, str, str]], line: str) -> Mutant | None:
    edits = []
    for loop, images, labels in loops:
        text = line.format(x=images, y=labels, loader=code.segment(loop.iter))
        edits.append(code.before(loop.body[0], text))
    if not edits:
        return None
    return code.mutant(*edits, at=[*edits, *_model_calls(code), *code.calls("DataLoader")])


def _model_calls(code: Code) -> list[ast.Call]:
    return [c for c in code.all(ast.Call) if last_name(c.func) in ("model", "net")]


# --- preprocessing -------------------------------------------------------------------------------


@plants("unscaled-inputs")
def not_divided(code: Code) -> Iterator[Mutant]:
    edits, marks = [], []
    for operation in code.all(ast.BinOp):
        if isinstance(operation.op, ast.Div) and number(operation.right) in (16, 255):
            left = code.segment(operation.left)
            whole = left if number(operation.right) == 255 else f"({left} * 15.9)"
            edits.append(code.replace(operation, whole))  # all of them: one alone is a mismatch
            marks.append(operation)
    if edits:
        yield code.mutant(*edits, at=[*marks, *_model_calls(code), *_places(code)])


def _places(code: Code) -> list[ast.AST]:
    return [*code.calls("DataLoader", "TensorDataset")]


@plants("unscaled-inputs", held_back=True)
def scaled_up_again(code: Code) -> Iterator[Mutant]:
    if "BatchNorm" in code.text:
        return
    made = _change(code, batch_loops(code), "{x} = {x} * 255")
    if made:
        yield made


@plants("unsuitable-normalization")
def constants_of_bytes(code: Code) -> Iterator[Mutant]:
    for call in code.calls("Normalize"):
        mean, std = code.argument(call, "mean", 0), code.argument(call, "std", 1)
        if mean is None or std is None or not isinstance(mean, (ast.Tuple, ast.List)):
            continue
        count = len(mean.elts)
        edits = [
            code.replace(mean, f"({'127.5, ' * count})"),
            code.replace(std, f"({'0.02, ' * count})"),
        ]
        every = [e for c in code.calls("Normalize") if c is not call for e in _constants(code, c)]
        yield code.mutant(*edits, *every, at=[*code.calls("Normalize")])
        return


def _constants(code: Code, call: ast.Call) -> list:  # type: ignore[type-arg]
    mean, std = code.argument(call, "mean", 0), code.argument(call, "std", 1)
    if not isinstance(mean, (ast.Tuple, ast.List)) or std is None:
        return []
    count = len(mean.elts)
    return [
        code.replace(mean, f"({'127.5, ' * count})"),
        code.replace(std, f"({'0.02, ' * count})"),
    ]


@plants("unsuitable-normalization", held_back=True)
def shifted_far_away(code: Code) -> Iterator[Mutant]:
    if "BatchNorm" in code.text:
        return
    made = _change(code, batch_loops(code), "{x} = ({x} - 40) / 0.05")
    if made:
        yield made


@plants("train-test-normalization-mismatch")
def only_training_images_normalized(code: Code) -> Iterator[Mutant]:
    found = evaluation_loops(code)
    made = _change(code, found, "{x} = {x} * 4 + 2")
    if made:
        yield made


@plants("train-test-normalization-mismatch", held_back=True)
def second_normalize_changed(code: Code) -> Iterator[Mutant]:
    calls = code.calls("Normalize")
    if len(calls) > 1:
        mean, std = code.argument(calls[-1], "mean", 0), code.argument(calls[-1], "std", 1)
        if isinstance(mean, (ast.Tuple, ast.List)) and std is not None:
            count = len(mean.elts)
            yield code.mutant(
                code.replace(mean, f"({'0.9, ' * count})"),
                code.replace(std, f"({'0.1, ' * count})"),
                at=calls,
            )


@plants("train-test-distribution-shift")
def evaluation_images_inverted(code: Code) -> Iterator[Mutant]:
    made = _change(code, evaluation_loops(code), "{x} = {x}.max() + {x}.min() - {x}")
    if made:
        yield made


@plants("channel-order-mismatch")
def evaluation_in_bgr(code: Code) -> Iterator[Mutant]:
    if "CIFAR" in code.text or "RGB" in code.text:
        phased = [f for f in batch_loops(code) if "[phase]" in code.segment(f[0].iter)]
        made = _change(code, phased, "{x} = {x} if phase == 'train' else {x}.flip(1)")
        made = made or _change(code, evaluation_loops(code), "{x} = {x}.flip(1)")
        if made:
            yield made


@plants("pixels-scrambled-by-reshape")
def rows_and_columns_reshaped(code: Code) -> Iterator[Mutant]:
    for call in code.calls("unsqueeze", "reshape", "view"):
        text = code.segment(call)
        if "images" in text and text.endswith(".unsqueeze(1)"):
            inner = code.segment(call.func.value)  # type: ignore[attr-defined]
            new = f"({inner}).permute(1, 2, 0).reshape(-1, 1, 8, 8)"
            yield code.mutant(code.replace(call, new), at=[call])


@plants("degenerate-images")
def every_pixel_the_mean(code: Code) -> Iterator[Mutant]:
    made = _change(code, batch_loops(code), "{x} = {x} * 0 + {x}.mean()")
    if made:
        yield made


# --- augmentation --------------------------------------------------------------------------------


@plants("excessive-augmentation")
def noise_louder_than_the_image(code: Code) -> Iterator[Mutant]:
    if "import torch" not in code.text:
        return
    line = "{x} = {x} + 8 * {x}.std() * torch.randn_like({x})"
    made = _change(code, training_loops(code), line)
    if made:
        yield made


@plants("label-destroying-augmentation")
def digits_flipped(code: Code) -> Iterator[Mutant]:
    if (
        "load_digits" not in code.text and "MNIST" not in code.text
    ) or "import torch" not in code.text:
        return
    line = "{x} = torch.rot90({x}, int(torch.randint(0, 4, (1,))), (-2, -1))"
    loops = [f for f in training_loops(code) if "flatten" not in code.text]
    made = _change(code, loops, line)
    if made:
        yield made


@plants("augmentation-on-evaluation-data")
def evaluation_images_rotated(code: Code) -> Iterator[Mutant]:
    for call in code.calls("Compose"):
        text = code.segment(call)
        if any(n in text for n in ("Random", "Jitter")):
            plain = [c for c in code.calls("Compose") if "Random" not in code.segment(c)]
            if len(plain) == 1:
                marks = [plain[0], *code.calls("DataLoader", "MNIST", "CIFAR10", "ImageFolder")]
                yield code.mutant(code.replace(plain[0], text), at=marks)


# --- labels --------------------------------------------------------------------------------------


@plants("mislabeled-samples")
def a_third_of_the_labels_wrong(code: Code) -> Iterator[Mutant]:
    for call in code.calls("TensorDataset"):
        if len(call.args) == 2 and "import torch" in code.text:
            labels = code.segment(call.args[1])
            if "target" in labels or labels.startswith("y"):
                count = f"len({labels})"
                other = (
                    f"({labels})[torch.randint(0, {count}, ({count},))]"  # classes that there are
                )
                new = f"torch.where(torch.rand({count}) < 0.35, {other}, {labels})"
                yield code.mutant(code.replace(call.args[1], new), at=[call])
                return


@plants("misaligned-images-and-labels")
def labels_shuffled(code: Code) -> Iterator[Mutant]:
    for call in code.calls("TensorDataset"):
        if len(call.args) == 2 and "import torch" in code.text:
            labels = code.segment(call.args[1])
            new = f"({labels})[torch.randperm(len({labels}))]"
            yield code.mutant(code.replace(call.args[1], new), at=[call])
            return


@plants("misaligned-images-and-labels", held_back=True)
def labels_of_the_neighbour(code: Code) -> Iterator[Mutant]:
    made = _change(code, training_loops(code), "{y} = {y}.roll(1, 0)")
    if made:
        found = [loss_call(code, b) for b in backwards(code)]
        marks = {n for f in found if f for n in range(f[0].lineno, f[0].lineno + 3)}
        yield Mutant(made.text, made.lines | marks)


# --- order and splits ----------------------------------------------------------------------------


@plants("unshuffled-training-data")
def sorted_and_not_shuffled(code: Code) -> Iterator[Mutant]:
    for call in training_loaders(code)[:1]:
        shuffle = code.argument(call, "shuffle", 2)
        data = code.argument(call, "dataset", 0)
        if shuffle is None or data is None:
            continue
        new = f"sorted({code.segment(data)}, key=lambda pair: str(pair[1]))"
        edits = [code.replace(shuffle, "False"), code.replace(data, new)]
        yield code.mutant(*edits, at=[call])


@plants("sampler-misused")
def always_the_same_few(code: Code) -> Iterator[Mutant]:
    for call in training_loaders(code)[:1]:
        shuffle = code.argument(call, "shuffle", 2)
        if shuffle is not None and "import torch" in code.text:
            keyword = next((k for k in call.keywords if k.value is shuffle), None)
            if keyword is not None:
                new = "sampler=torch.utils.data.SubsetRandomSampler(range(40))"
                yield code.mutant(code.replace(keyword, new), at=[call])


@plants("train-test-leakage", silent=True)
def trained_on_both(code: Code) -> Iterator[Mutant]:
    for call in code.calls("train_test_split"):
        statement = code.statement(call)
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple):
            names = [code.segment(e) for e in statement.targets[0].elts]
            if len(names) == 4 and "import torch" in code.text:
                x, x_test, y, y_test = names
                # Of the kind they were before: arrays and lists stay what the lines below expect.
                both = "(torch.cat if torch.is_tensor({0}) else __import__('numpy').concatenate)"
                both += "([{0}, {1}[::2]])"  # half of them: of all, no figure were held out
                new = f"{x}, {y} = {both.format(x, x_test)}, {both.format(y, y_test)}"
                added = code.after(statement, new)
                marks = [added, statement, *_places(code), *_model_calls(code)]
                yield code.mutant(added, at=marks)


def _only_shown(code: Code, call: ast.Call) -> bool:
    """Whether nothing is done with what it gives but to print it: the rest runs without it."""
    statement = code.statement(call)
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    return statement.value is call or last_name(statement.value.func) in ("print", "info")


@plants("no-held-out-evaluation", silent=True)
def nothing_evaluated(code: Code) -> Iterator[Mutant]:
    for loop, _, _ in evaluation_loops(code):
        function = code.inside(loop, ast.FunctionDef)
        if function is None:
            continue
        calls = code.calls(function.name)
        if any(code.inside(b, ast.FunctionDef) is function for b in backwards(code)):
            continue  # it trains as well: without it nothing is left
        if calls and all(_only_shown(code, c) for c in calls):
            statements = {code.statement(c) for c in calls}
            yield code.mutant(*(code.delete(s) for s in statements), at=None)


@plants("evaluated-on-training-data", silent=True)
def training_loader_evaluated(code: Code) -> Iterator[Mutant]:
    trained = [loop for loop, _, _ in training_loops(code)]
    loops = [loop for loop, _, _ in evaluation_loops(code)]
    if len(trained) == 1 and loops:
        train, test = code.segment(trained[0].iter), {code.segment(x.iter) for x in loops}
        if len(test) == 1 and train.isidentifier() and next(iter(test)).isidentifier():
            same = code.inside(trained[0], ast.FunctionDef) is code.inside(
                loops[0], ast.FunctionDef
            )
            if same:
                edits = [code.replace(x.iter, train) for x in loops]
                yield code.mutant(
                    *edits,
                    at=[*(x.lineno for x in loops), *_model_calls(code), *code.calls("DataLoader")],
                )
