"""Where work is done that needs nobody beside it: in processes of this machine, or by Ray.

`submit(function, *args)` gives a `concurrent.futures.Future`, whoever does the work. A worker that
is killed costs time and nothing else: what it was doing is done again, by another one.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any, Protocol

TRIES = 4  # a task whose worker was killed so often kills its workers itself
_LOOK = 1.0  # seconds between two looks at whether the parent is still there


class Workers(Protocol):
    """Takes functions that can be imported (or pickled) where the work is done. `size` is how many
    it does at once."""

    size: int

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Future[Any]: ...
    def close(self) -> None: ...
    def __enter__(self) -> Workers: ...
    def __exit__(self, *raised: object) -> None: ...


def workers(spec: str, first: Callable[[], None] | None = None) -> Workers:
    """`spec` is a number of processes here, "ray" for a cluster that Ray finds or starts, or
    "ray:ADDRESS". `first` is called once in each process before its first task.

    Raises ValueError where `spec` is none of these, or Ray is not installed.
    """
    kind, _, address = checked(spec).partition(":")
    return Ray(address or None, first) if kind == "ray" else Pool(int(kind), first)


def checked(spec: str) -> str:
    """The same, if it can be followed. Raises ValueError."""
    if spec.isdecimal() and 1 <= int(spec) <= 1000:
        return spec
    kind, colon, address = spec.partition(":")
    if kind != "ray" or (colon and not address):
        raise ValueError("write a number of processes, ray, or ray:ADDRESS")
    if find_spec("ray") is None:
        raise ValueError("Ray is not installed here: pip install 'whytorch[ray]'")
    return spec


class _Closing(ABC):
    def __enter__(self) -> Any:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None: ...


class Pool(_Closing):
    """Processes of this machine, each started anew (not forked).

    One killed worker breaks a whole ProcessPoolExecutor. What was lost with it is done again, each
    task in a process of its own: so one that kills its worker every time harms no other.
    """

    def __init__(self, processes: int, first: Callable[[], None] | None = None) -> None:
        self.size, self._first = processes, first
        self._lock = threading.Lock()
        self._pool = self._made(processes)
        self._alone: list[ProcessPoolExecutor] = []
        self._closed = False

    def _made(self, processes: int) -> ProcessPoolExecutor:
        # A notebook that was reset, and shells that make a module of their own, have none there.
        vars(sys.modules["__main__"]).setdefault("__spec__", None)
        begin = functools.partial(_begin, os.getpid(), self._first)
        return ProcessPoolExecutor(processes, get_context("spawn"), initializer=begin)

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Future[Any]:
        promised: Future[Any] = Future()
        self._try(promised, 1, functools.partial(function, *args))
        return promised

    def _try(self, promised: Future[Any], number: int, task: Callable[[], Any]) -> None:
        if promised.cancelled():
            return
        with self._lock:
            if self._closed:
                promised.cancel()
                return
            pool = self._pool if number == 1 else self._made(1)
            if number > 1:
                self._alone.append(pool)
            try:
                doing = pool.submit(task)
            except BrokenProcessPool:  # by another task, a moment ago
                pool = self._pool = self._made(self.size)
                doing = pool.submit(task)
        doing.add_done_callback(functools.partial(self._done, promised, number, task, pool))

    def _done(
        self,
        promised: Future[Any],
        number: int,
        task: Callable[[], Any],
        pool: ProcessPoolExecutor,
        doing: Future[Any],
    ) -> None:
        error = None if doing.cancelled() else doing.exception()
        if number > 1:
            pool.shutdown(wait=False)
        if isinstance(error, BrokenProcessPool) and number < TRIES and not self._closed:
            # Not in this thread: it is the broken pool's own, which still clears up.
            threading.Thread(
                target=self._try, args=(promised, number + 1, task), daemon=True
            ).start()
        elif doing.cancelled():
            promised.cancel()
        elif promised.set_running_or_notify_cancel():
            if error is not None:
                promised.set_exception(error)
            else:
                promised.set_result(doing.result())

    def close(self) -> None:
        """What has not begun is not begun any more."""
        with self._lock:
            self._closed = True
            pools = [self._pool, *self._alone]
        for pool in pools:
            running = list((getattr(pool, "_processes", None) or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for process in running:  # else Python waits for them at its own end
                process.terminate()


class Ray(_Closing):
    """A Ray cluster: the one at `address`, that of the environment, or one started here.

    Ray tells a killed worker from a function that raised: only the first is done again. With
    `first`, or where a task forks, the work is done in a clean process beside Ray's worker, whose
    many threads are no good company for a fork.
    """

    def __init__(self, address: str | None = None, first: Callable[[], None] | None = None) -> None:
        import ray

        self._ray, self._first = ray, first
        self._begun = not ray.is_initialized()
        if self._begun:
            ray.init(address=address, log_to_driver=False, logging_level="error")
        there = ray.cluster_resources()
        self.size, self._gpus = max(1, int(there.get("CPU", 1))), 1 if there.get("GPU") else 0
        self._running: set[Any] = set()
        self._call = ray.remote(_on_worker())

    def submit(self, function: Callable[..., Any], /, *args: Any) -> Future[Any]:
        task = self._ray.cloudpickle.dumps((function, args, self._first))
        here = (list(sys.path), os.getcwd(), _environment())
        call = self._call.options(
            num_cpus=1, num_gpus=self._gpus, max_retries=TRIES - 1, retry_exceptions=False
        )
        reference = call.remote(task, *here)
        self._running.add(reference)
        promised: Future[Any] = reference.future()
        promised.add_done_callback(lambda _: self._running.discard(reference))
        return promised

    def close(self) -> None:
        for reference in list(self._running):
            with contextlib.suppress(Exception):  # it is over, or the cluster is gone
                self._ray.cancel(reference)
        if self._begun:
            self._ray.shutdown()


def _environment() -> dict[str, str]:
    """What the work would see here, without what Ray itself decides: which devices, how many."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("RAY_") and name != "CUDA_VISIBLE_DEVICES"
    }


def _on_worker() -> Callable[..., Any]:
    """A function that travels whole: where it arrives, nothing can be imported yet."""

    def call(task: bytes, paths: list[str], folder: str, environment: dict[str, str]) -> Any:
        import os
        import pickle
        import sys

        sys.path += [path for path in paths if path not in sys.path]
        os.environ.update(environment)
        if "OMP_NUM_THREADS" not in environment:  # Ray's own; sums depend on it
            os.environ.pop("OMP_NUM_THREADS", None)
        os.chdir(folder)
        from whytorch.workers import aside

        function, args, first = pickle.loads(task)
        return function(*args) if first is None else aside(function, args, first)

    return call


@functools.cache
def _clean(first: Callable[[], None]) -> Pool:
    return Pool(1, first)


def aside(function: Callable[..., Any], args: tuple[Any, ...], first: Callable[[], None]) -> Any:
    """Do it in a clean process that this one keeps beside itself."""
    return _clean(first).submit(function, *args).result()


def _begin(parent: int, first: Callable[[], None] | None) -> None:
    """In a new process: go when the parent goes, be it by a kill."""

    def attend() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK)
        os._exit(1)

    threading.Thread(target=attend, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # tasks clear up behind themselves
    if first is not None:
        first()
