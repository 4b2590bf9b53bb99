"""What the lab measured. One type an experiment; its docstring says what the file
`evidence/lab/experiments/<name>.py` does. Losses are those of the script's own criterion unless
said otherwise; accuracies are 0..1, of recorded samples, the network in eval mode."""

from __future__ import annotations

import re

from msgspec import Struct


class Bench(Struct, frozen=True):
    """Whether the script's steps could be rebuilt. `exact` of `replayed` first backwards gave the
    script's loss to the last bit; `problem` says why there is no bench."""

    problem: str | None = None
    recorded_steps: int = 0
    replayed: int = 0
    exact: int = 0
    pairs: tuple[tuple[float | None, float | None], ...] = ()  # (the script's loss, the replayed)
    whole: bool = True  # every step of the script was recorded
    stopped: str | None = None  # why recording ended early
    seconds: float = 0.0


class Outcome(Struct, frozen=True):
    """One training on the bench, or the median of several. `end` is the median loss of the last
    tenth of the steps, None if the loss broke (no number, or a million times the first)."""

    says: str  # what is different: "lr=0.003", "no dropout"
    steps: int
    start: float | None = None
    end: float | None = None
    broke: bool = False
    train_accuracy: float | None = None
    eval_accuracy: float | None = None


class Experiment(Struct, frozen=True):
    """What all experiments have in common."""

    seconds: float = 0.0

    def told(self) -> str:
        """What came out, in one line: its numbers by name."""
        named = ((name, getattr(self, name)) for name in self.__struct_fields__)
        shown = [
            f"{name.replace('_', ' ')} {value:.3g}"
            for name, value in named
            if isinstance(value, (int, float)) and name not in ("seconds", "steps")
        ]
        return ", ".join(shown) or "no figure came out"


class Trial(Experiment, frozen=True):
    """The script as it is against one thing changed, over the same steps. The noises are the
    largest differences between repeats of the script as it is (other order, other random numbers):
    no difference below them means anything."""

    own: Outcome = Outcome("as it is", 0)
    changed: tuple[Outcome, ...] = ()
    noise: float | None = None  # of `end`
    lowest: float | None = None  # `end` of any repeat of the script as it is
    accuracy_noise: float | None = None
    comparable: bool = True  # the losses of both mean the same; else only accuracies do
    repeated: bool = False  # the best change was run again with other random numbers, and held

    def told(self) -> str:
        """As it is against each change."""
        tried = "; ".join(f"{o.says}: {_end(o)}" for o in self.changed)
        noise = "" if self.noise is None else f", noise {self.noise:.2g}"
        return f"after {self.own.steps} steps as it is: {_end(self.own)}{noise}; {tried}"

    def best(self) -> Outcome | None:
        """The change that ended best: by accuracy where losses cannot be compared."""
        if not self.changed:
            return None
        if self.comparable:
            return min(self.changed, key=lambda o: float("inf") if o.end is None else o.end)
        return max(self.changed, key=lambda o: o.train_accuracy or 0.0)


def _end(outcome: Outcome) -> str:
    loss = "the loss is no number" if outcome.end is None else f"loss {outcome.end:.3g}"
    known = outcome.train_accuracy
    return loss if known is None else f"{loss}, {known:.0%} right"


# --- one type an experiment --------------------------------------------------------------------


class NoiseFloor(Experiment, frozen=True):
    """The script's training repeated with other orders and random numbers."""

    runs: tuple[Outcome, ...] = ()


class OneBatch(Experiment, frozen=True):
    """One recorded batch, trained on again and again with the script's step."""

    steps: int = 0
    start: float | None = None
    end: float | None = None
    accuracy: float | None = None  # on that batch, in train mode
    says: str = ""
    losses: tuple[float | None, ...] = ()  # of each step; None: no number


class LrSweep(Experiment, frozen=True):
    """The script's optimizer at rates from 1e-6 to 10, each from the first weights."""

    steps: int = 0
    own_rate: float | None = None
    own_end: float | None = None
    start: float | None = None
    rates: tuple[float, ...] = ()
    ends: tuple[float | None, ...] = ()  # None: the loss broke
    accuracies: tuple[float | None, ...] = ()  # of training samples
    best_rate: float | None = None
    best_end: float | None = None
    edge_rate: float | None = None  # the lowest rate above the best at which the loss breaks
    noise: float | None = None

    def told(self) -> str:
        """Where each rate ended."""
        pairs = zip(self.rates, self.ends, strict=True)
        ends = ", ".join(f"{r:.2g}: {'broke' if v is None else f'{v:.3g}'}" for r, v in pairs)
        return f"loss after {self.steps} steps by learning rate: {ends}"


class UsesInput(Experiment, frozen=True):
    """Outputs of the trained network for images replaced by zeros and by other samples' images: how
    far they move, in deviations of all outputs (0: the network does not look). And a training on
    blank images beside the script's own."""

    change_when_zeroed: float | None = None
    change_when_swapped: float | None = None
    trained_own: Outcome | None = None
    trained_zeroed: Outcome | None = None  # judged on blank images too
    accuracy_noise: float | None = None  # of train accuracy, between two repeats of the own


class SampleMixing(Experiment, frozen=True):
    """What moves when one sample of a batch is replaced, in eval mode: the largest share of the
    outputs' change that falls on other samples. 0 in a sound network."""

    samples: int = 0  # that were replaced, one at a time
    leak: float | None = None  # at the network's output; None: nothing moved at all
    leak_into_loss: float | None = None  # at what the loss is computed from; metric losses mix


class ReceptiveField(Experiment, frozen=True):
    """How far the last features see, by gradient, whatever the weights are."""

    image: tuple[int, ...] = ()  # height, width
    field: tuple[int, ...] = ()  # extent in pixels of what one last spatial feature sees
    map: tuple[int, ...] = ()  # size of the last map with more than one place
    layer: str | None = None
    first_map: tuple[int, ...] = ()  # after the first convolution


class Modes(Experiment, frozen=True):
    """The trained network on the same recorded samples in train mode and in eval mode."""

    train_mode_accuracy: float | None = None
    eval_mode_accuracy: float | None = None
    recomputed_accuracy: float | None = None  # in eval mode, running statistics computed anew;
    # None: no BatchNorm that keeps them
    phase: str = "eval"  # whose samples; "train" where no evaluation was recorded
    samples: int = 0


class OptimizerSwap(Trial, frozen=True):
    """Another standard optimizer at its usual settings."""


class MomentumScaled(Trial, frozen=True):
    """Momentum lower and higher."""


class WeightDecayScaled(Trial, frozen=True):
    """No weight decay, and less of it."""


class DropoutScaled(Trial, frozen=True):
    """No dropout, and half of it."""


class ClippingOff(Trial, frozen=True):
    """Gradients not clipped."""


class GradientsCleared(Trial, frozen=True):
    """Gradients cleared before each step."""


class Unfrozen(Trial, frozen=True):
    """Every layer learning, the frozen ones too."""


class BatchSize(Trial, frozen=True):
    """The same samples in larger and smaller batches, the same number of samples in all."""


class InputsNormalized(Trial, frozen=True):
    """Inputs brought to mean 0 and spread 1 by the recorded batches' own statistics."""


class LossSwapped(Trial, frozen=True):
    """Cross-entropy on the network's raw outputs instead of the script's loss."""


class LastActivationRemoved(Trial, frozen=True):
    """The activation or softmax at the network's end taken out."""


class ActivationsSwapped(Trial, frozen=True):
    """Saturating activations replaced by ReLU; or ReLUs put between layers that have none."""


class Initialized(Trial, frozen=True):
    """The layers' weights drawn anew, as torch does by default and by Kaiming's rule."""


class BatchNormAdded(Trial, frozen=True):
    """A BatchNorm after each convolution that has none."""


class MoreCapacity(Trial, frozen=True):
    """Every hidden layer twice as wide; one more layer where that can be found generically."""


class LessCapacity(Trial, frozen=True):
    """Every hidden layer half as wide."""


class StridesReduced(Trial, frozen=True):
    """Early strides and pooling taken back, so that more resolution reaches the later layers."""


class AugmentationOff(Experiment, frozen=True):
    """The network trained on images as stored, without the script's random transforms, beside one
    trained on the same samples augmented, over the same steps."""

    own: Outcome = Outcome("as it is", 0)
    plain: Outcome | None = None  # trained on images as stored
    plain_on_augmented: float | None = None  # its accuracy on augmented training images
    plain_on_stored: float | None = None
    own_on_augmented: float | None = None
    own_on_stored: float | None = None
    noise: float | None = None  # of eval accuracy, between two repeats of the own
    samples: int = 0


class LabelNoise(Experiment, frozen=True):
    """Confident learning by cross-validation: samples whose label a network that did not see them
    contradicts with more confidence than the class's own average (Northcutt et al. 2021). Only a
    network whose held-out `accuracy` is good can be believed."""

    samples: int = 0
    share: float | None = None  # estimated, of wrong labels
    commonest: float | None = None  # share of the commonest class: accuracy without knowledge
    contradicted: int = 0  # samples
    of_data_set: bool = False  # indices are those of the data set; else of recorded samples
    steps: int = 0  # of each fold's training
    accuracy: float | None = None  # of the held-out predictions against the given labels
    worst: tuple[tuple[int, int, int, float], ...] = ()  # index, given, predicted, confidence


class SplitsApart(Experiment, frozen=True):
    """A classifier told to tell training from evaluation samples (two-sample test), as they enter
    the network and as they are stored. `p_value`: how likely tossing a coin is to do as well."""

    samples: int = 0
    accuracy: float | None = None  # 0.5: they cannot be told apart
    p_value: float | None = None
    stored_accuracy: float | None = None  # None: the data sets cannot be looked at
    stored_p_value: float | None = None


class EvaluationRestored(Experiment, frozen=True):
    """The trained network on images of both parts as they are, and changed in ways that can be
    taken back. `tried`: (what was done, training accuracy, evaluation accuracy)."""

    train_accuracy: float | None = None
    eval_accuracy: float | None = None
    tried: tuple[tuple[str, float, float], ...] = ()
    samples: int = 0  # of the smaller part


class Reachable(Experiment, frozen=True):
    """Accuracy in evaluation over growing shares of the training samples and of the steps, with the
    curve that goes on from them."""

    shares: tuple[float, ...] = ()
    accuracies: tuple[float | None, ...] = ()
    steps: tuple[int, ...] = ()
    by_steps: tuple[float | None, ...] = ()
    limit: float | None = None  # of the fitted curve, with all of the data and ten times the steps
    limit_low: float | None = None  # of fits with one point left out, and the noise
    limit_high: float | None = None  # and with any number of steps
    train_accuracy: float | None = None  # of the training on all recorded batches
    noise: float | None = None  # of the accuracies: between repeats, and of so few samples
    samples: int = 0  # distinct training samples recorded
    eval_samples: int = 0


def file_of(kind: type) -> str:
    """The experiment's file: `LrSweep` is measured by lr_sweep.py."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


EXPERIMENTS: dict[str, type] = {
    file_of(kind): kind
    for kind in list(globals().values())
    if isinstance(kind, type) and issubclass(kind, Experiment) and kind not in (Experiment, Trial)
}
