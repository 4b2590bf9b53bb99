"""Class weights against how often the classes come."""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Sequence

from whytorch.evidence.facts import DataFlow, LossSite
from whytorch.script.decoding import compiled

# Shares of 3 to 2 and weights of 3 to 2: below, neither matters much.
UNEQUAL = 1.5
ENOUGH_SAMPLES = 200  # of batches; their shares are then off by a few points at most
NEARLY_ALL = 0.95  # of the loss: 20 times the rest together
SAME_ORDER = 0.8  # correlation of log weight and log count: weights grow with the counts
FITS = 0.97  # and of a formula such as 1 / count, 1 / sqrt(count), followed but for the order


def class_counts(site: LossSite, data: DataFlow | None, classes: int) -> list[int] | None:
    """How often each class comes in training: of the whole data set, else of a whole pass, else of
    the batches that the loss was given."""
    for loader in data.feeding("train") if data else ():
        known = _numbered(loader.dataset.class_counts, classes)
        if known is not None and _same_source(known, site):
            return known
        for draw in loader.draws:
            if draw.complete and len(draw.labels) >= ENOUGH_SAMPLES:
                return [Counter(draw.labels).get(c, 0) for c in range(classes)]
    found = _numbered(site.target_counts, classes)
    return found if found is not None and sum(found) >= ENOUGH_SAMPLES else None


def _numbered(counts: dict[str, int] | None, classes: int) -> list[int] | None:
    if not counts or not all(re.fullmatch(r"\d+", key) for key in counts):
        return None
    if max(map(int, counts)) >= classes:
        return None
    return [counts.get(str(c), 0) for c in range(classes)]


def _same_source(known: list[int], site: LossSite) -> bool:
    """Whether the batches have about the shares of the data set: no sampler evens them out."""
    seen = _numbered(site.target_counts, len(known))
    if seen is None or sum(seen) < 50:
        return True
    gaps = [abs(a / sum(known) - b / sum(seen)) for a, b in zip(known, seen, strict=True)]
    return max(gaps) < 0.15


def is_inverted(weights: Sequence[float], counts: Sequence[int]) -> bool:
    """Whether rarer classes get smaller weights. Classes without weight or samples are left out."""
    pairs = _pairs(weights, counts)
    if pairs is None:
        return False
    if len(pairs) == 2:
        (w1, n1), (w2, n2) = pairs
        return (w1 - w2) * (n1 - n2) > 0
    return correlation(pairs) >= SAME_ORDER


def is_out_of_order(weights: Sequence[float], counts: Sequence[int]) -> bool:
    """Whether the weights follow the counts by a formula, but are those of other classes."""
    pairs = _pairs(weights, counts)
    if pairs is None or len(pairs) < 3 or correlation(pairs) < -0.5:
        return False
    ordered = list(zip(sorted((w for w, _ in pairs), reverse=True),
                       sorted(n for _, n in pairs), strict=True))  # fmt: skip
    # A formula: each weight is count to one power, not just in the same order.
    return len(pairs) >= 4 and correlation(ordered) <= -FITS


def _pairs(weights: Sequence[float], counts: Sequence[int]) -> list[tuple[float, int]] | None:
    pairs = [(w, n) for w, n in zip(weights, counts, strict=True) if w > 0 and n > 0]
    if len(pairs) < 2:
        return None
    spread = max(w for w, _ in pairs) / min(w for w, _ in pairs)
    shares = max(n for _, n in pairs) / min(n for _, n in pairs)
    return pairs if spread >= UNEQUAL and shares >= UNEQUAL else None


def correlation(pairs: Sequence[tuple[float, int]]) -> float:
    """Pearson's, of the logarithms; 0 where one side does not vary."""
    xs, ys = [math.log(w) for w, _ in pairs], [math.log(n) for _, n in pairs]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    sx, sy = sum((x - mx) ** 2 for x in xs), sum((y - my) ** 2 for y in ys)
    if not sx or not sy:
        return 0.0
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)) / math.sqrt(sx * sy)


def smoothing_share(weights: Sequence[float], counts: Sequence[int], smoothing: float) -> float:
    """How large the smoothing part of a weighted mean is, where `smoothing` is meant.

    torch divides by the weights of the labels, but spreads the smoothing over all class weights.
    """
    of_labels = sum(w * n for w, n in zip(weights, counts, strict=True)) / sum(counts)
    return smoothing * (sum(weights) / len(weights)) / of_labels if of_labels else 0.0


def drowning(weights: Sequence[float], counts: Sequence[int]) -> int | None:
    """The class that has nearly all of the weighted loss, though by its number it had less."""
    total = sum(w * n for w, n in zip(weights, counts, strict=True))
    if total <= 0 or sum(n > 0 for n in counts) < 2:
        return None
    shares = [w * n / total for w, n in zip(weights, counts, strict=True)]
    most = max(range(len(shares)), key=lambda c: shares[c])
    return most if shares[most] >= NEARLY_ALL > counts[most] / sum(counts) else None


_PLAIN = (ast.BinOp, ast.UnaryOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub)


def are_written(text: str, weights: Sequence[float]) -> bool:
    """Whether a list of plain numbers in this text comes to these weights: `[1 / 0.1, 1 / 0.9]`."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    lists = (n for n in ast.walk(tree) if isinstance(n, (ast.List, ast.Tuple)))
    return any(
        len(n.elts) == len(weights)
        and all(math.isclose(a, b, rel_tol=1e-4) for a, b in zip(_values(n), weights, strict=True))
        for n in lists
    )


def _values(numbers: ast.List | ast.Tuple) -> list[float]:
    """What is written, without anything that has a name; NaN where there is more to it."""
    found = []
    for node in numbers.elts:
        plain = all(_is_plain(n) for n in ast.walk(node))
        try:
            code = compiled(ast.Expression(node), "<weight>") if plain else None
            found.append(float(eval(code, {"__builtins__": {}})) if code else math.nan)
        except (ValueError, ZeroDivisionError, TypeError):
            found.append(math.nan)
    return found


def _is_plain(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float))
    return isinstance(node, _PLAIN)
