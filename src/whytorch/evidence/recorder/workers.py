"""Whether loader workers can draw different random numbers: what they are seeded with, and the
random generators that a data set carries into each of them."""

from __future__ import annotations

import dis
import random
import types
from typing import Any

import numpy as np
import torch

_GENERATORS = (np.random.RandomState, np.random.Generator, random.Random, torch.Generator)
_DEPTH = 3
_MOST = 60  # objects looked at
# Names in the code of a worker_init_fn by which it tells workers or epochs apart.
_TELLS_APART = {"initial_seed", "get_worker_info", "getpid", "time", "time_ns", "urandom", "rank",
                "seed_all", "SeedSequence", "default_rng", "token_bytes", "pl_worker_init_function",
                "current_process"}  # fmt: skip
_NUMPY = ("numpy", "numpy.random")
_SEEDS = {"seed", "manual_seed", "seed_everything", "set_seed"}
_ANEW = {"default_rng", "RandomState", "SeedSequence"}  # a worker gets a generator of its own


def generators_in(chain: list[Any]) -> list[str]:
    """ "Digits.rng": the generators that data sets and their transforms keep; ".rng": those of the
    module that they draw from."""
    found: list[str] = []
    seen: set[int] = set()
    waiting = [(dataset, 0) for dataset in chain]
    while waiting and len(seen) < _MOST:
        holder, depth = waiting.pop(0)
        if id(holder) in seen:
            continue
        seen.add(id(holder))
        found += [f".{name}" for name in _of_module(holder) if f".{name}" not in found]
        for name, value in list(getattr(holder, "__dict__", {}).items()):
            if isinstance(value, _GENERATORS):
                found.append(f"{type(holder).__name__}.{name}")
            elif depth < _DEPTH:
                parts = value[:10] if isinstance(value, (list, tuple)) else [value]
                waiting += [(p, depth + 1) for p in parts if callable(p) and hasattr(p, "__dict__")]
    return found


def _of_module(holder: Any) -> list[str]:
    """The module's generators from which an item is made, by the method itself or by a function
    that it calls: `rng = np.random.default_rng(0)` at the top of the script."""
    found: list[str] = []
    makes = (getattr(type(holder), name, None) for name in ("__getitem__", "__call__"))
    for method in (m for m in makes if isinstance(m, types.FunctionType)):
        functions = [method]
        for function in functions:
            known = function.__globals__
            for name in _names(function.__code__) if len(functions) < _MOST else ():
                value = known.get(name)
                if isinstance(value, _GENERATORS):
                    found.append(name)
                elif isinstance(value, types.FunctionType) and value.__globals__ is known:
                    functions += [value] if value not in functions else []
    return found


def seeding_of(function: Any) -> str | None:
    """None without a worker_init_fn; else "constant" if every worker seeds with the same number,
    "none" if it seeds nothing, "varies" for all others."""
    if function is None:
        return None
    if not isinstance(function, types.FunctionType):
        return "varies"
    names = _names(function.__code__)
    if not names & (_SEEDS | _ANEW):
        return "none"
    first = function.__code__.co_varnames[:1]
    if names & _TELLS_APART or not first or _loads(function.__code__, first[0]):
        return "varies"
    return "constant"


def seeded_by(function: Any) -> list[str]:
    """What a worker_init_fn seeds: torch, numpy, python."""
    if not isinstance(function, types.FunctionType):
        return []
    names, found = _names(function.__code__), set()
    if "manual_seed" in names:
        found.add("torch")
    root: Any = None
    for one in dis.get_instructions(function.__code__):
        if one.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            root = function.__globals__.get(one.argval)
        elif one.argval == "seed" and isinstance(root, types.ModuleType):
            found |= {"numpy"} if root.__name__ in _NUMPY else set()
            found |= {"python"} if root is random else set()
    everything = names & {"seed_everything", "set_seed"}
    return ["numpy", "python", "torch"] if everything else sorted(found)


def _names(code: types.CodeType) -> set[str]:
    return set(code.co_names) | {
        name for c in code.co_consts if isinstance(c, types.CodeType) for name in _names(c)
    }


def _loads(code: types.CodeType, name: str) -> bool:
    """Whether the code, or a function within it, reads its first argument."""
    if name in code.co_cellvars:
        return True
    return any(
        i.opname.startswith("LOAD_FAST")
        and (i.argval == name or (isinstance(i.argval, tuple) and name in i.argval))
        for i in dis.get_instructions(code)
    )
