"""`whytorch.diagnose` in Python: of a script, or of objects that live in this process.

Objects and notebook cells are rehearsed in a fork, so that nothing of theirs changes here.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from msgspec.structs import replace

from whytorch import caller, catalog, pipeline, planning, saved, script, version
from whytorch.evidence import rehearsal
from whytorch.evidence.source import read_source
from whytorch.records import Options, Progress, Report, ScriptInfo, Seconds
from whytorch.reports.shown import Shown, shown

# The training loop is ours, so nothing is judged of it: neither found sound nor blamed.
_OUR_AREAS = {"training loop", "evaluation", "distributed"}
_OUR_CHECKS = {"too-few-epochs", "scheduler-misused", "backward-on-wrong-tensor"}
_ABOUT_DATA = {"evaluated-on-training-data", "train-test-leakage"}
_NOTE = (
    "whytorch trained these objects in a loop of its own: what your training loop does is not "
    "judged here. For that, put %%whytorch on the cell that trains, or run whytorch train.py."
)


def diagnose(
    target: str | os.PathLike[str] | None = None,
    args: Sequence[str] = (),
    *,
    module: bool = False,
    options: Options | None = None,
    progress: Progress | None = None,
    model: Any = None,
    train_loader: Iterable[Any] | None = None,
    loss_fn: Callable[[Any, Any], Any] | None = None,
    optimizer: Any = None,
    eval_loader: Iterable[Any] | None = None,
    epochs: int = 3,
) -> Shown:
    """Why does this training not produce the expected results?

    Either of a script or notebook: its path as `target` (a module's name with `module=True`), with
    `args` of its own. Or of the objects of a training: `model`, `train_loader`, `loss_fn`,
    `optimizer` and, if there is one, `eval_loader`, whose batches are (inputs, targets). They are
    trained for `epochs` epochs, or less where `options.budget` seconds do not suffice, in a fork of
    this process: nothing changes here, neither weights nor random state nor loaders.

    Raises `whytorch.script.ScriptError` if there is no script to read, TypeError where the
    arguments do not belong together.
    """
    objects = {"model": model, "train_loader": train_loader, "loss_fn": loss_fn,
               "optimizer": optimizer}  # fmt: skip
    missing = [name for name, value in objects.items() if value is None]
    if target is not None:
        if len(missing) < len(objects) or eval_loader is not None:
            raise TypeError("diagnose takes the path of a script, or objects; not both")
        name = os.fspath(target)
        report = pipeline.diagnose(name, args, module=module, options=options, progress=progress)
        return shown(report)
    if missing:
        raise TypeError(f"diagnose needs a script, or objects; missing: {', '.join(missing)}")
    from whytorch.evidence import standard

    given = standard.Objects(model, train_loader, loss_fn, optimizer, eval_loader)  # type: ignore[arg-type]
    given = standard.off_the_gpu(given)
    return _objects(given, epochs, options or Options(), progress, sys._getframe(1))


def _objects(
    given: Any, epochs: int, options: Options, progress: Progress | None, frame: FrameType
) -> Shown:
    from whytorch.evidence import standard

    checks = [c for c in catalog.choose(options.select, options.ignore) if _concerns(c)]
    shortened = f"{epochs} epochs, made by whytorch for this diagnosis"
    report = rehearsed_here(
        lambda lapse: standard.train(given, epochs, lapse),
        caller.script_of(frame), checks, options, progress, shortened,
    )  # fmt: skip
    return shown(replace(report, notes=(*report.notes, _NOTE)))


def _concerns(check: catalog.Check) -> bool:
    if check.id in _ABOUT_DATA:
        return True
    return check.area.replace("_", " ") not in _OUR_AREAS and check.id not in _OUR_CHECKS


def rehearsed_here(
    job: Callable[[Any], None],
    read: script.Script,
    checks: Sequence[catalog.Check],
    options: Options,
    progress: Progress | None = None,
    shortened: str = "",
) -> Report:
    """The report on a function of this process, rehearsed in a fork; `read` is its source."""
    if not hasattr(os, "fork"):
        raise NotImplementedError("whytorch needs os.fork for this; run whytorch train.py instead")
    from whytorch.evidence import forked

    started = time.monotonic()
    source = read_source(read)
    folder = saved.new_run(read.path)
    saved.keep_sources(((file.path, file.text) for file in read.files), folder)
    lab = pipeline.Laboratory(options, checks, source, progress)
    request = rehearsal.Request(
        target=read.path,
        folder=folder,
        module=True,  # no script of its own: the folder to be watched is the working directory
        budget=options.budget * (planning.REHEARSAL if options.lab else 1.0),
        seed=options.seed,
        lab=options.lab,
    )
    tell = pipeline.teller(progress, options) if progress else None
    done = forked.rehearse(job, request, shortened, tell, lab)
    report = replace(
        pipeline.judge(pipeline.evidence_of(done, source), checks, options.expect),
        script=ScriptInfo(read.path, (), read.sha256),
        seconds=Seconds(rehearsal=done.seconds, lab=lab.seconds, total=time.monotonic() - started),
        saved=str(folder),
        version=version.installed(),
    )
    report = pipeline.with_page(report, folder)
    saved.store(report, folder)
    return report


def load(run: str | Path) -> Shown:
    """The report of a saved run. Raises OSError or ValueError if `run` holds none."""
    return shown(saved.load(run))
