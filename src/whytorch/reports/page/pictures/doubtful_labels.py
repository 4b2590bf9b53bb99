"""Images whose label is doubted

The most doubtful first: the label that the data set gives, and what is seen instead: by networks of
the lab that were trained without the image, or by the images that look most alike.
"""

from __future__ import annotations

from whytorch.evidence.facts import DataFlow, Pictures
from whytorch.evidence.facts.experiments import LabelNoise
from whytorch.reports.page.images import namer, strip
from whytorch.reports.page.picture import Picture, percent

SHOWN_FOR = ("mislabeled-samples", "misaligned-images-and-labels")
ORDER = 6


def draw(pictures: Pictures, noise: LabelNoise | None, flow: DataFlow | None) -> Picture | None:
    known = [x.dataset.classes for x in flow.feeding("train")] if flow is not None else []
    name = namer(known[0] if known else None)
    kinds = (
        ("worst", "Label → what networks that did not see the image say"),
        ("doubts", "Label → label of the images that look most alike"),
    )
    strips = [strip(pictures.sheets[k], s, name) for k, s in kinds if k in pictures.sheets]
    if not strips:
        return None
    says = "A few doubtful labels are usual, in right data as well."
    if noise is not None and noise.share is not None:
        says = (
            f"About {percent(noise.share)} of the labels are estimated to be wrong; the networks "
            f"that say so are right on {percent(noise.accuracy)} of images they did not see."
        )
    return Picture(says, strips=tuple(strips))
