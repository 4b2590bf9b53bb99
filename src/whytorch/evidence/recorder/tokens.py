"""Whether the tokens that a transformer's first layer gets are squares of the image."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_FEWEST = 4  # tokens
_LOOKED_AT = 16  # of them, evenly spread


@torch.no_grad()
def cut_across(images: Tensor, tokens: Tensor) -> bool | None:
    """Of images [B, C, H, W] taken as [B, N, C*p*p], as many as there are squares of p x p: True
    where the same numbers were dealt out otherwise (a view), False where each token is a square, in
    whatever order its numbers stand. None: something else, or hard to tell.

    Tokens of whole rows of one channel are strips, and may be meant.
    """
    side = _side(images, tokens)
    if side is None or images.device.type != "cpu" or tokens.device.type != "cpu":
        return None
    c, h, w = images.shape[1:]
    if tokens.shape[2] % w == 0 and (h * w) % tokens.shape[2] == 0:
        return None
    x, t = images[0].detach().float(), tokens[0].detach().float()
    if not torch.equal(x.flatten().sort().values, t.flatten().sort().values):
        return None
    squares = x.reshape(c, h // side, side, w // side, side).permute(1, 3, 0, 2, 4)
    known = squares.reshape(len(t), -1).sort(1).values
    found = t[:: max(1, len(t) // _LOOKED_AT)][:_LOOKED_AT].sort(1).values
    alike = (found[:, None] == known[None]).all(2).any(1)
    if bool(alike.all()):
        return False
    return None if bool(alike.any()) else True  # blank corners are alike however they are cut


def _side(images: Tensor, tokens: Tensor) -> int | None:
    """Of the squares, where the shapes are those of patches."""
    if images.ndim != 4 or tokens.ndim != 3 or tokens.shape[0] != images.shape[0]:
        return None
    c, h, w = images.shape[1:]
    count, numbers = tokens.shape[1:]
    side = math.isqrt(numbers // c) if c else 0
    if side < 2 or c * side * side != numbers or h % side or w % side or count < _FEWEST:
        return None
    return side if count == (h // side) * (w // side) else None
