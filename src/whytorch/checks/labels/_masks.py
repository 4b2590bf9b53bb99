"""Masks of 0 and 255 in a loss that multiplies them with probabilities (Dice, Jaccard, Tversky),
or in an error of what a sigmoid gives, masks that hold one class only, and labels
that are all the same."""

from __future__ import annotations

from whytorch.checks._helpers import places, target_text
from whytorch.checks.architecture import _last
from whytorch.checks.architecture._reach import COSTS
from whytorch.evidence.facts import LossCalls, LossSite, Network, Passes
from whytorch.evidence.source import Source
from whytorch.records import Finding, Fix

ENOUGH_LABELS = 100  # samples of more than one class are alike by no chance
ENOUGH = 10  # products at one line, losses of masks
_OF_CLASSES = ("cross_entropy", "nll_loss", "binary_cross_entropy",
               "binary_cross_entropy_with_logits")  # fmt: skip
_OF_VERDICTS = ("binary_cross_entropy", "binary_cross_entropy_with_logits", "mse_loss")
VERDICTS = 3  # lines: of real images, of made ones, and of made ones that are to deceive
_OF_PAIRS = ("Cat", "Div", "Mul", "Mm", "Bmm", "Index", "Gather", "Masked")
_WHITE = 255.0  # what no weight of a pixel is by chance


def of_pixels(losses: LossCalls) -> Finding | None:
    """A mask as an image file holds it: the overlap is 255 times too large, so that the loss falls
    below 0 and pays for answering yes everywhere."""
    for overlap in losses.overlaps:
        pixels = overlap.two_values and overlap.low == 0 and overlap.high == _WHITE
        if not pixels or overlap.calls < ENOUGH:
            continue
        return Finding(
            says="probabilities are multiplied with a mask of 0 and 255 to measure their overlap, "
            f"in all {overlap.calls} products that were looked at; it needs 0 and 1: as it is, "
            "the overlap counts 255 times, and answering yes everywhere pays",
            places=places(overlap.place),
            severity="error",
            confidence=0.93,
            measured={"calls": overlap.calls, "low": overlap.low, "high": overlap.high},
            explains=("loss-not-decreasing", "underfitting", "same-class-predicted"),
            fix=Fix("divide the masks by 255 where they are read, or write (mask > 0).float()"),
        )
    return None


def out_of_reach(losses: LossCalls, source: Source | None) -> Finding | None:
    """A mask as an image file holds it, and outputs that end at 1: no answer comes near 255."""
    for site in losses.training():
        given = _last.before_loss(site)
        within = (site.out_of_reach or {}).get("0..1")
        mask = site.target_integral and len(site.target_shape or ()) > 2
        ends = given is not None and given.node in ("Sigmoid", "Hardsigmoid")
        white = site.target_min == 0 and site.target_max == _WHITE
        if not (mask and white and ends and within) or site.raised or site.calls < ENOUGH:
            continue
        _, least, mean = within
        if least < COSTS * mean:
            continue
        masks = target_text(source, site)
        return Finding(
            says=f"{site.function} was given masks of 0 and 255 in {site.calls} calls, while the "
            "outputs come out of a sigmoid and end at 1: none comes near 255, and saying 1 almost "
            "everywhere costs least",
            places=places(site.place, site.made_place),
            severity="error",
            confidence=0.93,
            measured={"calls": site.calls, "low": site.target_min, "high": site.target_max,
                      "least_error": least, "error_of_the_mean": mean},
            explains=("loss-not-decreasing", "underfitting", "same-class-predicted"),
            fix=Fix(f"write {masks} / 255"),
        )  # fmt: skip
    return None


def of_one_class(losses: LossCalls) -> Finding | None:
    """Every pixel of every mask that training asked for is of the same class. A judge of image
    patches asks for such masks, too, of what is real and, elsewhere, of what is not."""
    sites = [s for s in losses.training() if s.calls and not s.raised]
    masks = [s for s in sites if s.function in _OF_CLASSES and len(s.target_shape or ()) > 2]
    asked = {_only(s) for s in masks}
    if len(asked) != 1 or None in asked or len(masks) != len(sites):
        return None
    site = max(masks, key=lambda s: s.calls)
    if sum(s.calls for s in masks) < ENOUGH or not _has_choice(site):
        return None
    value = next(iter(asked))
    return Finding(
        says=f"every pixel of every mask that {site.function} was given is {value:g}, in all "
        f"{site.calls} calls: the network can learn nothing but to answer {value:g} everywhere",
        places=places(site.place, site.made_place),
        severity="error",
        confidence=0.9,
        measured={"calls": site.calls, "value": value},
        explains=("same-class-predicted", "underfitting"),
        fix=Fix("print mask.unique() where the masks are read, and before the loss: ToTensor() "
                "divides them by 255, and .long() cuts that to 0; write "
                "torch.from_numpy(np.array(mask)).long() instead"),
    )  # fmt: skip


def of_one_verdict(losses: LossCalls, source: Source | None) -> Finding | None:
    """A judge of real and made images that is asked for one and the same at every line: it never
    hears what the other would be. Where it learns by another loss as well, that may tell it."""
    sites = [s for s in losses.training() if s.calls and not s.raised]
    verdicts = [s for s in sites if s.function in _OF_VERDICTS and _only(s) is not None]
    of_judge = {(s.group, (s.input_shape or ())[1:]) for s in verdicts if s.group is not None}
    for group, shape in of_judge:  # an error of images beside it is of another shape
        near = [s for s in sites if s.group == group]
        asked = [s for s in near if (s.input_shape or ())[1:] == shape]
        if any(s.function == "hand-written" for s in near):
            continue
        answers = {_only(s) for s in asked}
        few = len(asked) < VERDICTS or min(s.calls for s in asked) < ENOUGH
        if few or len(answers) != 1 or not answers <= {0.0, 1.0}:
            continue
        if any(s.function not in _OF_VERDICTS for s in asked):
            continue
        return _of_one_verdict(asked, answers.pop() or 0.0, source)
    return None


def _of_one_verdict(asked: list[LossSite], value: float, source: Source | None) -> Finding:
    lines = [s.place for s in asked if s.place is not None]
    if source is not None:  # where to look first; that all ask for the same, the run has said
        made, other = ("fake", "real") if value else ("real", "fake")
        told = {p: (source.line(p.path, p.line) or "").lower() for p in lines}
        beside = [p.line for p in lines if other in told[p]] or [0]  # the judge's own step
        lines.sort(key=lambda p: (made not in told[p], min(abs(p.line - n) for n in beside)))
    return Finding(
        says=f"one network is asked for {value:g} by every loss it is given to, at {len(asked)} "
        f"lines, in all {sum(s.calls for s in asked)} calls: what tells real images from made "
        f"ones is never asked for {1 - value:g}, and learns to say {value:g} to both",
        places=places(*lines),
        severity="error",
        confidence=0.9,
        measured={"lines": len(asked), "value": value},
        explains=("same-class-predicted", "underfitting"),
        fix=Fix("ask for 1 where it is given real images, and for 0 where it is given made ones "
                "in its own step: torch.zeros_like(...)"),
    )  # fmt: skip


def of_one_answer(
    losses: LossCalls, passes: Passes | None, network: Network | None
) -> Finding | None:
    """Every label that training asked for is the same, of whole passes, so that no order is why.
    Where two losses ask for one answer each, networks are set against each other; where the scores
    are not what the network gave (which of these is the pair?), the right one may come first."""
    sites = [s for s in losses.training() if s.calls and not s.raised]
    trained = passes.of("train") if passes is not None else ()
    if len(sites) != 1 or not trained or any(p.shortened for p in trained):
        return None
    site, value = sites[0], _only(sites[0])
    given, samples = site.input_shape or (), sum(p.samples for p in trained)
    named = site.function in ("cross_entropy", "nll_loss") and len(given) == 2 and given[1] > 1
    own = network is not None and (network.output_shape or ())[1:] == given[1:]
    if (
        not (named and own)
        or (site.graph or ("",))[0].startswith(_OF_PAIRS)
        or value is None
        or len(site.target_shape or ()) != 1
        or samples < ENOUGH_LABELS
    ):
        return None
    return Finding(
        says=f"every label that {site.function} was given is {value:g}, in all {site.calls} calls "
        f"({samples:,} samples), while the network has {given[1]} outputs: it can learn nothing "
        f"but to answer {value:g}, and is then always right",
        places=places(site.place, trained[-1].place),
        severity="error",
        confidence=0.93,
        measured={"calls": site.calls, "value": value, "outputs": given[1]},
        explains=("same-class-predicted",),
        fix=Fix("print the labels where they are read, and before the loss: dividing them (or "
                "ToTensor) makes fractions, and .long() cuts these to 0: leave class numbers be"),
    )  # fmt: skip


def _only(site: LossSite) -> float | None:
    low, high = site.target_min, site.target_max
    return low if low is not None and low == high and low == int(low) else None


def _has_choice(site: LossSite) -> bool:
    """More than one answer: two scores a pixel, or yes and no."""
    given = site.input_shape or ()
    return site.function.startswith("binary") or (len(given) > 1 and given[1] > 1)
