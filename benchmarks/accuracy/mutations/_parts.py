"""The parts of a training script that several mutations look for."""

from __future__ import annotations

import ast

from accuracy.editing import Code, last_name

OPTIMIZERS = (
    "SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "NAdam", "RAdam",
)  # fmt: skip
LOSSES = ("CrossEntropyLoss", "cross_entropy")


def statements(code: Code, *names: str) -> list[ast.Expr]:
    """Statements that are nothing but a call: `optimizer.step()`."""
    return [
        s
        for s in code.all(ast.Expr)
        if isinstance(s.value, ast.Call) and last_name(s.value.func) in names
    ]


def on_optimizer(code: Code, name: str) -> list[ast.Expr]:
    """`optimizer.step()` and the like, of what looks like an optimizer and not a scheduler."""
    return [
        s
        for s in statements(code, name)
        if isinstance(s.value, ast.Call)
        and isinstance(s.value.func, ast.Attribute)
        and "sched" not in code.segment(s.value.func.value).lower()
        and not s.value.args
    ]


def backwards(code: Code) -> list[ast.Expr]:
    return statements(code, "backward")


def optimizers(code: Code) -> list[ast.Call]:
    return code.calls(*OPTIMIZERS)


def around(code: Code, node: ast.AST) -> list[ast.AST]:
    """The node and the header of the loop around it: either may be pointed at."""
    loop = code.loop(node)
    return [node, loop.lineno] if loop is not None else [node]  # type: ignore[list-item]


def training_loaders(code: Code) -> list[ast.Call]:
    """DataLoaders that shuffle, or take a sampler: those that are trained on."""
    return [
        c
        for c in code.calls("DataLoader")
        if code.segment(c).find("shuffle=True") >= 0 or "sampler" in code.segment(c)
    ]


def loss_call(code: Code, backward: ast.Expr) -> tuple[ast.Assign, ast.Call] | None:
    """`loss = criterion(output, target)` before a backward: the assignment and the call."""
    target = backward.value.func.value if isinstance(backward.value, ast.Call) else None  # type: ignore[attr-defined]
    name = code.segment(target) if target is not None else ""
    name = name.split("(")[-1].split(")")[0].split(" ")[0]
    for assign in reversed(code.all(ast.Assign)):
        if assign.lineno > backward.lineno or code.segment(assign.targets[0]) != name:
            continue
        if isinstance(assign.value, ast.Call) and len(assign.value.args) >= 2:
            return assign, assign.value
    return None


def number(node: ast.AST | None) -> float | None:
    """The value of a numeric constant."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return float(node.value)
    return None


def networks(code: Code) -> list[ast.FunctionDef]:
    """`forward` methods."""
    return [f for f in code.all(ast.FunctionDef) if f.name == "forward"]


def last_linear(code: Code) -> ast.Call | None:
    """The last nn.Linear that is constructed: mostly the classifier's."""
    found = code.calls("Linear")
    return found[-1] if found else None


def returns(code: Code, function: ast.FunctionDef) -> list[ast.Return]:
    return [n for n in ast.walk(function) if isinstance(n, ast.Return) and n.value is not None]
