"""Training over several processes, as one of them sees it."""

from __future__ import annotations

from msgspec import Struct

from whytorch.evidence.facts.basics import TensorStats
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
    processes: int | None = None  # among which its gradients are averaged


class Pace(Struct, frozen=True):
    """Medians over the latest steps of one process, in seconds by its host's clock."""

    steps: int  # that the medians are of
    step: float  # from a step's end to the next one's
    data: float  # to the first call of the network, without the time inside collectives
    ahead: float  # to the latest backward, without the time inside collectives


class Share(Struct, frozen=True):
    """What one process trained on: the loader whose batches its training used most."""

    place: Place | None = None  # of the loader
    batches: int | None = None  # of a pass, as the loader says
    passes: int = 0
    labels: dict[str, int] = {}  # of the first three passes, the first 4096 of each
    contents: tuple[int, ...] = ()  # a checksum for each of the first 64 batches
    numbers: dict[str, int] = {}  # name of a class -> its number
    images: TensorStats | None = None  # as they entered the network
    wait: float | None = None  # median seconds for a batch


class Peer(Struct, frozen=True):
    """What a process of the group came to; of a watched training alone."""

    rank: int
    steps: int
    seconds: float = 0.0  # of its own time
    weights: float | None = None  # as of `Distributed`
    finished: bool = False
    samples: int = 0  # of its training calls
    crash: str | None = None  # type and message
    pace: Pace | None = None
    share: Share | None = None


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
    peers: tuple[Peer, ...] = ()  # the other processes, in the order of their ranks
    own: Peer | None = None  # this process, told like them

    @property
    def everyone(self) -> tuple[Peer, ...]:
        """All processes of the group; none where one of them was not seen."""
        found = (*filter(None, (self.own,)), *self.peers)
        return found if len(found) == self.world_size > 1 else ()
