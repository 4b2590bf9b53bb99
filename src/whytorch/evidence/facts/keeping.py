"""What a training loop does between its steps: micro-batches, clipping, loss scaling, graphs kept
alive, and weights that are set aside, saved and loaded."""

from __future__ import annotations

from msgspec import Struct

from whytorch.records import Place


class MicroBatches(Struct, frozen=True):
    """Backwards on different batches between two optimizer steps, all from one line."""

    place: Place | None  # of the backward
    per_step: dict[str, int]  # backwards on different batches before a step -> how often
    discarded: int = 0  # backwards whose gradients were cleared unused, another batch following
    looked_at: int = 0  # backwards for which it was looked whether they were discarded
    ends: int = 0  # of them, those of the last of several batches before a step
    bare_ends: int = 0  # of these, those that found no gradient of the batches before
    ratio: float | None = None  # median of (value that backward starts from) / (the criterion's)
    ratio_spread: float | None = None  # of the middle 80 percent
    after_last_step: int = 0  # backwards after the last step of the run


class Clips(Struct, frozen=True):
    """Calls of clip_grad_norm_ and clip_grad_value_."""

    place: Place | None
    kind: str  # "norm" or "value"
    calls: int
    limit: float | None
    late: int = 0  # with no backward since the last optimizer step
    scaled: int = 0  # while a GradScaler's factor was still in the gradients
    empty: int = 0  # of those looked at: were handed no parameters, while gradients were there
    looked_at: int = 0
    norm_before: float | None = None  # median over the calls looked at; kind "norm"
    share_at_limit: float | None = None  # median share of numbers cut; kind "value"
    late_place: Place | None = None
    scale: float | None = None  # the scaler's factor at the first scaled call


class Scaling(Struct, frozen=True):
    """An enabled GradScaler, over the whole run."""

    place: Place | None
    scaled: int = 0  # losses scaled
    steps: int = 0  # scaler.step
    updates: int = 0
    bare_steps: int = 0  # optimizer.step called directly on gradients that are still scaled
    bare_place: Place | None = None
    scale: float | None = None  # the latest factor


class KeptGraphs(Struct, frozen=True):
    """Autograd graphs of earlier network calls that were still in memory."""

    phase: str  # "train": their backward is over; "eval": none ever comes
    most: int  # alive at once
    calls: int  # network calls of that kind, until then
    place: Place | None = None  # where the network was called
    names: tuple[str, ...] = ()  # of the user's variables that hold them: "total", "self.losses"
    function: str = ""  # that has these variables; "<module>"
    path: str = ""  # its file
    longest: int = 0  # one of them was alive for so many later calls


class LoaderWait(Struct, frozen=True):
    """The time the script waited for one loader's batches, against the time between them."""

    loader: int  # LoaderFacts.id
    batches: int  # measured, the first of each pass left out
    wait: float  # median seconds a batch
    work: float  # median seconds from a batch to the next request
    busy: float | None = None  # share of the waiting that this process computed; rest: it was idle


class Upkeep(Struct, frozen=True):
    """What the training loop does around its steps."""

    micro: MicroBatches | None = None
    clips: tuple[Clips, ...] = ()
    scaling: Scaling | None = None
    graphs: tuple[KeptGraphs, ...] = ()
    waits: tuple[LoaderWait, ...] = ()
    backward_again: tuple[str, ...] = ()  # names that led into a graph already used, at a crash
    seeded_late: bool = False  # torch.manual_seed came first when the network was there already


class KeptWeights(Struct, frozen=True):
    """Weights from an earlier state_dict() that are the live weights still."""

    taken_place: Place | None  # of state_dict()
    used_place: Place | None  # where they were loaded or saved
    used: str  # "loaded", "saved"
    steps_between: int  # optimizer steps since they were taken
    tensors: int
    uses: int = 1


class LoadedState(Struct, frozen=True):
    """One load_state_dict of a module."""

    place: Place | None
    kind: str  # class of the module
    strict: bool
    expected: int  # entries of the module
    given: int  # entries of the state
    matched: int  # names that both have
    step: int
    missing: tuple[str, ...] = ()  # the first few
    unexpected: tuple[str, ...] = ()
    raised: bool = False
    matrices: int = 0  # of them, that were there at the next call of a network
    redrawn: int = 0  # of these, had other numbers by then
    redrawn_place: Place | None = None  # where torch.nn.init drew them
    gone: int = 0  # matrices that were loaded, and not there any more at that call
    callers: tuple[Place, ...] = ()  # the user's lines behind it, innermost first
    # Of a state that is the network's own, tensor for tensor: entries of the file that was read
    # last, and how many of them the network has; `unexpected` are then the file's names.
    file_entries: int = 0
    of_file: int = 0


class ReadCheckpoint(Struct, frozen=True):
    """A dict that torch.load gave."""

    place: Place | None
    keys: tuple[str, ...]
    optimizer_keys: tuple[str, ...] = ()  # those whose value is the state of an optimizer
    step: int = 0  # optimizer steps before
    epoch: int | None = None  # the number under that name
    module_loads: int = 0  # load_state_dict of modules afterwards
    optimizer_loads: int = 0


class Checkpoints(Struct, frozen=True):
    """Weights that were set aside, saved and loaded."""

    kept: tuple[KeptWeights, ...] = ()
    loaded: tuple[LoadedState, ...] = ()
    read: tuple[ReadCheckpoint, ...] = ()
