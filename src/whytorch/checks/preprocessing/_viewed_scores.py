"""Scores of pixels [N, C, H, W] that a view alone made [-1, C] on the way to the loss."""

from __future__ import annotations

from whytorch.checks._helpers import places
from whytorch.evidence.facts import LossCalls, LossSite, Network
from whytorch.records import Finding, Fix

_VIEWS = ("ViewBackward0", "UnsafeViewBackward0", "ReshapeAliasBackward0", "CloneBackward0",
          "ContiguousBackward0", "SqueezeBackward0", "SqueezeBackward1")  # fmt: skip
_LOSSES = ("cross_entropy", "nll_loss")


def mixed_scores(losses: LossCalls | None, network: Network | None) -> LossSite | None:
    """Scores [N, C, H, W] that reached the loss as [N*H*W, C] without a permutation."""
    shape = network.output_shape if network else None
    if shape is None or len(shape) not in (4, 5) or losses is None:
        return None
    pixels = 1
    for size in shape[2:]:
        pixels *= size
    for site in losses.training():
        given = site.input_shape or ()
        if site.function not in _LOSSES or len(given) != 2 or given[1] != shape[1] or pixels < 4:
            continue
        nodes = [n for n in site.graph if "LogSoftmax" not in n]
        last = next((i for i, n in enumerate(nodes) if n not in _VIEWS), len(nodes))
        seen = nodes[:last]
        moved = any(w in n for n in nodes[: last + 1] for w in ("Permute", "Transpose", "Movedim"))
        if given[0] % pixels == 0 and seen and any("View" in n or "Alias" in n for n in seen):
            if not moved and last < len(nodes):
                return site
    return None


def of_scores(site: LossSite, network: Network | None, works: bool) -> Finding:
    shape = list(network.output_shape or ()) if network else []
    classes = shape[1] if len(shape) > 1 else 0
    return Finding(
        says=f"scores {shape} were viewed as {list(site.input_shape or ())} for {site.function}, "
        f"in {site.calls} calls, without a permute: each row holds {classes} neighbouring pixels "
        "of one class, not the classes of one pixel",
        places=places(site.place),
        severity="warning" if works else "error",
        confidence=0.9,
        measured={"output_shape": shape, "input_shape": list(site.input_shape or ())},
        explains=("underfitting", "loss-not-decreasing", "loss-at-chance"),
        fix=Fix(f"write .permute(0, 2, 3, 1).reshape(-1, {classes}), or give {site.function} the "
                "scores [N, C, H, W] and the labels [N, H, W] as they are"),
    )  # fmt: skip
