"""Which inputs are images of pixels, whose scale can be judged."""

from __future__ import annotations

from whytorch.evidence.facts import TensorStats


def are_images(stats: TensorStats) -> bool:
    """[N, C, H, W], or [N, H*W] of square images."""
    shape = stats.shape
    if len(shape) == 4:
        return shape[1] <= 4 and min(shape[2:]) >= 6
    if len(shape) == 3:
        return min(shape[1:]) >= 6
    pixels = shape[1] if len(shape) == 2 and not _shares(stats) else 0
    return any(round((pixels / c) ** 0.5) ** 2 * c == pixels and pixels >= 49 for c in (1, 3))


def _shares(stats: TensorStats) -> bool:
    """Rows that sum to 1, as counts of words or of colours do: normalized, sample by sample."""
    parts = stats.shape[1] if len(stats.shape) == 2 else 0
    row = (stats.mean or 0.0) * parts
    return stats.minimum is not None and stats.minimum >= 0 and abs(row - 1) < 1e-3
