"""Transforms of training and evaluation that normalize differently."""

from __future__ import annotations

import ast
from typing import NamedTuple

from whytorch.checks._modes import trained_by
from whytorch.evidence.source_data import loaded_by, trained_on
from whytorch.evidence.source_look import Instance, Look
from whytorch.evidence.source_steps import training_loops

_TRANSFORMS = ("torchvision.transforms.", "torchvision.transforms.v2.")
# In units of the training's spread: constants of another data set are farther apart, while those
# of a subset or of rounding are nearer.
_APART = 0.25


class Apart(NamedTuple):
    """The transform to point at, and a sentence on how the two differ."""

    made: Instance
    says: str


def normalized_apart(look: Look) -> Apart | None:
    """Where one data set is given to training and evaluation through different Normalize."""
    if not look.sites("*.Normalize"):
        return None
    models = [m.node for loop in training_loops(look) if (m := trained_by(look, loop)) is not None]
    training = trained_on(look)
    if not models or not training:
        return None
    evaluating = _evaluated_on(look, models, training)
    for one in training:
        for other in evaluating:
            found = _differ(look, one, other)
            if found is not None:
                return found
    return None


def _evaluated_on(look: Look, models: list[ast.Call], training: list[Instance]) -> list[Instance]:
    """Loaders of loops that call the trained network and hold no backward."""
    found = []
    for index in look.project.indexes:
        for loop, block in index.loops:
            made = loaded_by(look, block, loop)
            if made is None or any(made.node is one.node for one in training):
                continue
            calls = list(look.calls_inside(loop))
            asked = (look.instance(block, call.func) for call in calls)
            if any(m is not None and any(m.node is one for one in models) for m in asked):
                found.append(made)
    return found


def _differ(look: Look, training: Instance, evaluation: Instance) -> Apart | None:
    one, other = _dataset(look, training), _dataset(look, evaluation)
    if one is None or other is None or one.name != other.name:
        return None
    learn, judge = _transform(look, one), _transform(look, other)
    if learn is None or judge is None or learn.node is judge.node:
        return None
    first, second = _normalize(look, learn), _normalize(look, judge)
    if first == () or second == () or first == second:
        return None
    if second is None:
        return Apart(judge, "the training images are normalized, the evaluated ones are not")
    if first is None:
        return Apart(learn, "the evaluated images are normalized, the training images are not")
    if _far(first, second):
        says = f"training normalizes with {first}, the evaluation with {second}"
        return Apart(judge, says)
    return None


def _dataset(look: Look, loader: Instance) -> Instance | None:
    given = look.argument(loader.node, 0, "dataset")
    return look.instance(loader.block, given) if given is not None else None


def _transform(look: Look, dataset: Instance) -> Instance | None:
    given = next((k.value for k in dataset.node.keywords if k.arg == "transform"), None)
    made = look.instance(dataset.block, given) if given is not None else None
    return made if made is not None and made.name.endswith(".Compose") else None


def _normalize(look: Look, compose: Instance) -> tuple[object, ...] | None:
    """Mean and spread of its Normalize; None if it has none; empty if that is not to be seen."""
    steps = compose.node.args[0] if compose.node.args else None
    if not isinstance(steps, ast.List):
        return ()
    found: tuple[object, ...] | None = None
    tensor = False
    for step in steps.elts:
        made = look.instance(compose.block, step)
        if made is None or not made.name.startswith(_TRANSFORMS):
            return ()
        last = made.name.rpartition(".")[2]
        if last in ("Lambda", "Compose", "RandomApply"):
            return ()
        tensor = tensor or last in ("ToTensor", "ToDtype", "ToImage")
        if last == "Normalize":
            given = [look.argument(made.node, at, name) for at, name in enumerate(("mean", "std"))]
            values = [None if g is None else look.constant(made.block, g) for g in given]
            if found is not None or None in values:
                return ()
            found = tuple(values)
    return found if tensor else ()


def _far(first: tuple[object, ...], second: tuple[object, ...]) -> bool:
    told = [one if isinstance(one, tuple) else (one,) for one in (*first, *second)]
    if len({len(one) for one in told}) > 1:
        return False
    for m1, s1, m2, s2 in zip(*told, strict=True):
        if not all(isinstance(one, (int, float)) and one == one for one in (m1, s1, m2, s2)):
            return False
        if s1 <= 0 or s2 <= 0 or abs(m1 - m2) / s1 > _APART or abs(s1 / s2 - 1) > _APART:
            return True
    return False
