"""Training over several processes, as one of them sees it."""

from __future__ import annotations

from msgspec import Struct

from whytorch.records import Place


class RankSampler(Struct, frozen=True):
    """One DistributedSampler."""

    place: Place | None
    shuffle: bool
    replicas: int
    passes: int  # times it was iterated
    epochs: int  # different epoch numbers it was iterated with
    length: int | None = None  # of its data set
    total: int | None = None  # with the samples it repeats, so that all ranks get as many
    trained: bool = False  # a backward came during its passes


class WrappedNetwork(Struct, frozen=True):
    """One DistributedDataParallel."""

    place: Place | None
    kind: str  # class of the network inside
    calls: int = 0  # through the wrapper, with gradients
    raw_calls: int = 0  # of the network inside, past the wrapper, with gradients, in training mode
    raw_place: Place | None = None
    batchnorms: int = 0  # that take the statistics of their own process
    first_batchnorm: str | None = None
    smallest_batch: int | None = None  # samples of a call in training mode, the smallest
    largest_batch: int | None = None
    broadcast_buffers: bool = True


class Peer(Struct, frozen=True):
    """What another process of the group came to; of a watched training alone."""

    rank: int
    steps: int
    seconds: float = 0.0  # of its own time
    weights: float | None = None  # as of `Distributed`
    finished: bool = False


class Distributed(Struct, frozen=True):
    """A process group, and what was done with it."""

    world_size: int
    rank: int
    place: Place | None  # where it was set up
    backend: str | None = None
    samplers: tuple[RankSampler, ...] = ()
    wrapped: tuple[WrappedNetwork, ...] = ()
    collectives: dict[str, int] = {}  # called by user code: name -> calls
    # Sum of the absolute values of the trained network's weights at the end: equal to the last
    # digits where replicas stayed the same. None for networks of which each process holds a part.
    weights: float | None = None
    peers: tuple[Peer, ...] = ()  # in the order of their ranks
