"""The lab's side in the script's process: waits for requests, runs experiments, writes results.

A request is a line of JSON on a pipe: {"serial", "experiment", "seconds"}. The answer is a line of
the record, kind "experiment". The pipe's end is the end of the lab.
"""

from __future__ import annotations

import importlib
import json
import os
import time
import warnings
from typing import Any

from whytorch.evidence.lab.bench import Bench, NotRebuilt
from whytorch.evidence.samples.look import _quiet


def serve(recorder: Any, pipe: int) -> None:
    """Answer requests until nobody asks any more."""
    with _quiet(), warnings.catch_warnings(), os.fdopen(pipe, "r") as requests:
        warnings.simplefilter("ignore")
        bench = _bench(recorder)
        for line in requests:
            asked = json.loads(line)
            result = _measured(bench, asked)
            recorder.sink.write("experiment", asked["experiment"], result)


def _bench(recorder: Any) -> Bench | str:
    """The bench, tried once; or why there is none."""
    started = time.perf_counter()
    facts: dict[str, Any] = {"problem": None}
    bench: Bench | str
    try:
        made = bench = Bench(recorder)
        exact, pairs = made.replay()
        facts.update(
            recorded_steps=len(made.steps), replayed=len(pairs), exact=exact,
            pairs=pairs, whole=not recorder.tape.full, stopped=recorder.tape.problem,
        )  # fmt: skip
        if not made.agrees(pairs):
            bench = "its first step, run again, gives another loss"
    except NotRebuilt as why:
        bench = str(why)
    except Exception as error:  # a network that cannot be copied, a loss that cannot be repeated
        bench = f"{type(error).__name__}: {str(error)[:200]}"
    if isinstance(bench, str):
        facts["problem"] = bench
    facts["seconds"] = time.perf_counter() - started
    recorder.sink.write("bench", "", facts)
    return bench


def _measured(bench: Bench | str, asked: dict[str, Any]) -> dict[str, Any]:
    started = time.perf_counter()
    result: dict[str, Any] = {"serial": asked["serial"], "problem": None, "facts": None}
    try:
        if isinstance(bench, str):
            raise NotRebuilt(bench)
        module = importlib.import_module(f"whytorch.evidence.lab.experiments.{asked['experiment']}")
        result["facts"] = module.measure(bench, float(asked["seconds"]))
    except NotRebuilt as why:
        result["problem"] = str(why)
    except Exception as error:
        result["problem"] = f"{type(error).__name__}: {str(error)[:300]}"
    result["seconds"] = time.perf_counter() - started
    return result
