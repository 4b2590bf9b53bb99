"""Items for which random numbers are drawn and nothing comes of it."""

import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from whytorch.evidence.samples.in_vain import in_vain

IMAGES = torch.rand(30, 1, 8, 8)


class Items:
    def __init__(self, make: Callable[[int], Any]) -> None:
        self.make = make

    def __getitem__(self, index: int) -> Any:
        return self.make(index)


def counted(make: Callable[[int], Any]) -> int:
    return in_vain(Items(make), range(20), time.perf_counter() + 60)


def test_what_is_made_and_not_taken() -> None:
    def flip(index: int) -> Any:
        image = IMAGES[index].numpy()
        if random.random() < 0.5:
            np.flip(image, 1)
        return {"image": image, "label": index % 3}

    assert counted(flip) == 20


def test_nothing_is_drawn() -> None:
    assert counted(lambda index: (IMAGES[index], index % 3)) == 0


def test_another_part_is_drawn() -> None:
    def pair(index: int) -> Any:
        return IMAGES[index], (IMAGES[int(torch.randint(30, ()))], index % 3)

    assert counted(pair) == 0


def test_one_that_changes_is_enough() -> None:
    def now_and_then(index: int) -> Any:
        noise = torch.rand(1, 8, 8)
        return (noise if index == 17 else IMAGES[index]), index % 3

    assert counted(now_and_then) == 0


def test_what_cannot_be_drawn_says_nothing() -> None:
    def fails(index: int) -> Any:
        raise IndexError(index + np.random.rand())

    assert counted(fails) == 0
