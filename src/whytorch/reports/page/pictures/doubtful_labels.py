"""Images whose label is doubted

The most doubtful first: the label that the data set gives, and what is seen instead: by networks of
the lab that were trained without the image, or by the images that look most alike.
"""

from __future__ import annotations

from whytorch.evidence.facts import DataFlow, Pictures, Samples
from whytorch.evidence.facts.experiments import LabelNoise
from whytorch.reports.page.images import namer, strip
from whytorch.reports.page.picture import Picture, percent

SHOWN_FOR = ("mislabeled-samples", "misaligned-images-and-labels")
ORDER = 17
ALIKE = 0.75  # share of images whose nearest has their label: from here on looks tell the class


def draw(
    pictures: Pictures, noise: LabelNoise | None, flow: DataFlow | None, samples: Samples | None
) -> Picture | None:
    known = [x.dataset.classes for x in flow.feeding("train")] if flow is not None else []
    name = namer(known[0] if known else None)
    kinds = (
        ("worst", "Label → what networks that did not see the image say"),
        ("doubts", "Label → label of the images that look most alike"),
    )
    shown = {k: pictures.sheets[k] for k, _ in kinds if k in pictures.sheets}
    if not _alike(samples):
        shown.pop("doubts", None)
    strips = [strip(shown[k], said, name) for k, said in kinds if k in shown]
    if not strips:
        return None
    says = "A few doubtful labels are usual, in right data as well."
    if noise is not None and noise.share is not None:
        says = (
            f"About {percent(noise.share)} of the labels are estimated to be wrong; the networks "
            f"that say so are right on {percent(noise.accuracy)} of images they did not see."
        )
    return Picture(says, strips=tuple(strips))


def _alike(samples: Samples | None) -> bool:
    """Whether images that look alike are of one class here, as digits are and photographs not."""
    known = [s.neighbours for s in samples.of("train")] if samples is not None else []
    return any(n is not None and (n.agreement or 0.0) >= ALIKE for n in known)
