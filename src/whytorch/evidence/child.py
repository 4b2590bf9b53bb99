"""The child process of a rehearsal: runs the user's script unchanged, under the recorder.

Started as `python child.py OPTIONS.json` so that nothing of the user's folder is imported before
the script itself; `main` can also be called in a forked process that has torch imported already.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any


def main(options: dict[str, Any]) -> None:
    """Run one script to its end, or to the end of its budget, and write the record.

    `options`: target, args, module (bool), record, scratch, budget (seconds), seed or None;
    lab: the descriptor through which experiments are asked for, or None.
    """
    from whytorch.evidence.recorder.sink import Sink

    record = Path(options["record"])
    sys.argv = [options["target"], *options["args"]]
    sys.dont_write_bytecode = True
    folder = os.getcwd() if options["module"] else os.path.dirname(os.path.abspath(sys.argv[0]))
    sys.path[0] = folder
    try:
        import torch
    except ImportError as error:
        Sink(record).write("end", "", {"exit": "no-torch", "message": str(error)})
        return
    _rehearse(options, record, torch)


def rehearse(options: dict[str, Any], job: Callable[[Any], None], shortened: str = "") -> None:
    """Run `job`, which is given the time-lapse, in this process: a fork that has torch already.

    `shortened` says what a real training would have beyond what the job does.
    """
    import torch

    _rehearse(options, Path(options["record"]), torch, job, shortened)


def _rehearse(
    options: dict[str, Any],
    record: Path,
    torch: Any,
    job: Callable[[Any], None] | None = None,
    shortened: str = "",
) -> None:
    from whytorch.evidence import loops
    from whytorch.evidence.dress import Dress
    from whytorch.evidence.lapse import Lapse, RehearsalOver
    from whytorch.evidence.recorder.core import Recorder

    lapse = Lapse(options["budget"])
    recorder = Recorder(record, tick=lapse.tick)
    recorder.data.may_go_on = lapse.may_go_on
    recorder.keeps.on = True
    recorder.tape.on = options.get("lab") is not None
    lapse.recorder = recorder
    dress = Dress(Path(options["scratch"]))
    loops.install(lapse)
    for name, text in options.get("patched", {}).items():
        loops.PATCHED[name] = Path(text).read_bytes()
    _stop_on_signals(lapse, RehearsalOver)
    if options["seed"] is not None:
        _seed(options["seed"], torch)
    if options.get("reseed"):
        _reseed(options["reseed"], torch)
    run = _prepare(options) if job is None else partial(job, lapse)
    end: dict[str, Any] = {"exit": "finished", "exit_code": 0, "reached_end": False}
    dress.install()
    _put_settings(loops.PATCHED, dress)
    recorder.install()
    _flush_before_hard_exit(recorder)
    recorder.sink.write("started", "", {"torch_version": str(torch.__version__)})
    lapse.begin()
    try:
        run()
        end["reached_end"] = True
    except RehearsalOver as over:
        recorder.phases.interrupted = True
        end["exit"] = "stopped" if over.reason == "budget" else over.reason
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
        end.update(exit="exited" if code else "finished", exit_code=code, reached_end=not code)
        end["message"] = stop.code if isinstance(stop.code, str) else None
    except BaseException as error:
        recorder.phases.interrupted = True
        end.update(exit="crashed", exit_code=1)
        _write_crash(error, recorder)
    finally:
        end["imported_torch"] = _uses_torch(recorder)
        end["seconds"] = lapse.elapsed()
        end["training_shortened"] = bool(shortened) or lapse.cut_training
        end["planned_steps"] = lapse.planned_steps
        end["shortened_says"] = "; ".join(filter(None, (shortened, lapse.says())))
        recorder.uninstall()
        end["wrote"] = [name for name in dress.wrote if name not in loops.PATCHED]
        _look_at_data(end["exit"], lapse, recorder)
        end["overlay_faults"] = list(dress.faults)
        end["device"] = "cuda" if torch.cuda.is_initialized() else "cpu"
        recorder.sink.write("end", "", end)
        sys.stdout.flush()
        sys.stderr.flush()
        _serve_lab(options.get("lab"), end["exit"], recorder)
        # The dress stays on: the process ends here, and what may still run writes nothing either.


def _prepare(options: dict[str, Any]) -> Any:
    """The script, its loops under the time-lapse, and repaired where a repair is tried."""
    from whytorch.evidence import running
    from whytorch.evidence.loops import compile_wrapped, source_of, wrap

    return running.prepare(
        options["target"],
        options["args"],
        options["module"],
        lambda path: source_of(path) or running.read_file(path),
        compile_wrapped,
        wrap,
    )


def _stop_on_signals(lapse: Any, over: type[BaseException]) -> None:
    """The parent asks for an early end with SIGINT (Ctrl-C) or SIGTERM (time is up)."""

    def stop(number: int, frame: Any) -> None:
        lapse.interrupted = "interrupted" if number == signal.SIGINT else "timeout"
        raise over(lapse.interrupted)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _put_settings(patched: dict[str, bytes], dress: Any) -> None:
    """Files of settings that a repair changes are written as the script itself would: they land in
    the scratch folder and are read back from there."""
    for name, text in patched.items():
        if dress.installed and not name.lower().endswith((".py", ".ipynb")):
            with contextlib.suppress(OSError), open(name, "wb") as file:
                file.write(text)


def _flush_before_hard_exit(recorder: Any) -> None:
    """`os._exit` skips every handler: write what is known before it."""

    def make(original: Any) -> Any:
        def _exit(code: int = 0) -> None:
            if recorder.on:
                recorder.flush(final=True)
                recorder.sink.write(
                    "end", "", {"exit": "exited", "exit_code": code, "seconds": recorder.elapsed(),
                                "imported_torch": _uses_torch(recorder)},
                )  # fmt: skip
            original(code)

        return _exit

    recorder.patches.wrap(os, "_exit", make)


def _look_at_data(ended: str, lapse: Any, recorder: Any) -> None:
    """Draw some samples after the script's end; not when somebody waits for this process to go."""
    from whytorch.evidence.samples.look import look

    if ended in ("timeout", "interrupted") or lapse.elapsed() > 1.2 * lapse.budget:
        return
    with contextlib.suppress(BaseException):  # a signal, or a data set that ends the process
        look(recorder, lapse.budget)


def _serve_lab(pipe: int | None, ended: str, recorder: Any) -> None:
    """Run the experiments that are asked for through `pipe`, until it is closed."""
    if pipe is None or ended in ("timeout", "interrupted"):
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(Exception):
        from whytorch.evidence.lab.serve import serve

        serve(recorder, pipe)


def _write_crash(error: BaseException, recorder: Any) -> None:
    from whytorch.evidence.recorder.crash import describe

    facts = describe(error, recorder)
    recorder.sink.write("crash", "", facts)
    sys.stderr.write(facts["traceback"])


def _uses_torch(recorder: Any) -> bool:
    """Whether the script itself used torch (this process imported it before the script ran)."""
    named = any(
        "torch" in getattr(m, "__dict__", {}) or "nn" in getattr(m, "__dict__", {})
        for m in [sys.modules.get("__main__")]
    )
    return named or bool(recorder.modules.groups) or recorder.backwards > 0


def _seed(seed: int, torch: Any) -> None:
    random.seed(seed)
    torch.manual_seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed % 2**32)


def _reseed(by: int, torch: Any) -> None:
    """Seeds that the script sets itself are other ones, too: it is the same script, run again."""

    def moved(original: Any) -> Any:
        def seed(value: Any = None, *args: Any, **kwargs: Any) -> Any:
            other = value + by if isinstance(value, int) else value
            return original(other, *args, **kwargs)

        return seed

    import numpy

    torch.manual_seed = torch.random.manual_seed = moved(torch.manual_seed)
    random.seed = moved(random.seed)
    numpy.random.seed = moved(numpy.random.seed)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
    os._exit(0)  # the script's own threads and handlers must not keep the rehearsal alive
