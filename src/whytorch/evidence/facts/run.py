"""The rehearsal as a whole, and how it ended."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from whytorch.evidence.facts.basics import Shape
from whytorch.records import Place


class TensorAtCrash(Struct, frozen=True):
    name: str
    shape: Shape
    dtype: str
    device: str


class LayerAtCrash(Struct, frozen=True):
    name: str
    kind: str
    place: Place | None  # where it was constructed
    settings: dict[str, Any]
    in_shapes: tuple[Shape, ...]
    in_dtypes: tuple[str, ...]
    in_devices: tuple[str, ...] = ()
    weight_dtype: str | None = None
    weight_device: str | None = None


class CrashFacts(Struct, frozen=True):
    """The exception that ended the script. `frames` are the user's own, outermost first."""

    type: str
    message: str
    frames: tuple[Place, ...]
    functions: tuple[str, ...]  # names of the functions of `frames`
    during: str  # import, data, forward, loss, backward, step, other
    layers: tuple[LayerAtCrash, ...] = ()  # innermost last: the modules that were being called
    tensors: tuple[TensorAtCrash, ...] = ()  # locals of the innermost user frame
    traceback: str = ""  # cut to the user's frames
    library: str | None = None  # the installed package that raised it, torch aside
    loss_function: str | None = None  # the loss that was being computed
    grad_nodes: tuple[str, ...] = ()  # nodes named in the message (in-place errors)
    expressions: tuple[str, ...] = ()  # what each of `frames` was computing; "" if unknown
    keys: dict[str, tuple[str, ...]] = {}  # of the dicts beside it
    bases: tuple[str, ...] = ()  # classes that the exception's own derives from


class Run(Struct, frozen=True):
    """The rehearsal as a whole."""

    exit: Literal[
        "finished",
        "crashed",
        "exited",
        "stopped",
        "killed",
        "timeout",
        "interrupted",
        "no-torch",
        "running",  # a watched training that has not ended yet
    ]
    exit_code: int | None = None
    message: str | None = None  # with which the script ended itself
    seconds: float = 0.0  # of the script's own time
    steps: int = 0
    backwards: int = 0
    epochs: int = 0  # training passes begun
    shortened: bool = False
    shortened_says: str = ""
    training_shortened: bool = False  # not only evaluations
    # What the loops of a training that is cut short say that it would make at most; None: unknown.
    planned_steps: int | None = None
    reached_end: bool = False  # the script's last line was reached
    torch_version: str | None = None
    device: str | None = None
    imported_torch: bool = False
    wrote: tuple[str, ...] = ()  # files the script wrote (they went to the scratch folder)
    changed: tuple[str, ...] = ()  # files that were changed all the same
    faults: tuple[str, ...] = ()  # of the recorder itself
    crash: CrashFacts | None = None
    # A library's complaint after training or evaluation had been shortened, which may be all that
    # is wrong: taken for the end of the rehearsal, not for a crash of the script.
    broken_off: str | None = None
    seed_set: bool | None = None  # torch.manual_seed was called
    output_tail: str = ""  # last lines the script printed
    classification: bool | None = None  # None: unknown; integer class targets were seen
    classes: int | None = None
    processes: Place | None = None  # where the script started processes to work in, unseen here
    functional: Place | None = None  # where it first took a gradient by torch.func

    @property
    def every_stage(self) -> bool:
        """Whether each epoch was begun, so that no stage of the training is missing: whole runs,
        and those of which only passes over data were shortened."""
        if not self.shortened:
            return True
        says = self.shortened_says
        return bool(says) and "epochs" not in says and "before its end" not in says
