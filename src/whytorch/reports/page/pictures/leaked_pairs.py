"""Images that are in training and in evaluation

Pairs of the same image, found by content; the number is the place in its data set.
"""

from __future__ import annotations

from whytorch.evidence.facts import Pictures, Samples
from whytorch.reports.page.images import namer, strip
from whytorch.reports.page.picture import Picture

SHOWN_FOR = ("train-test-leakage", "evaluated-on-training-data")
ORDER = 18


def draw(pictures: Pictures, samples: Samples | None) -> Picture | None:
    sheets = pictures.sheets
    if "twins-eval" not in sheets or "twins-train" not in sheets:
        return None
    strips = (
        strip(sheets["twins-eval"], "In evaluation", namer(None)),
        strip(sheets["twins-train"], "The same in training", namer(None)),
    )
    twins = [p.twins for p in samples.pairs if p.twins] if samples is not None else []
    says = "The same images are in both."
    if twins:
        one = max(twins, key=lambda t: t.all_identical or t.identical)
        whole = one.all_identical is not None
        found, of = (
            (one.all_identical, one.all_compared) if whole else (one.identical, one.compared)
        )
        looked = one.all_among if whole else one.among
        says = f"Of {of:,} images of evaluation {found:,} are among the {looked:,} images of "
        says += "training that were looked at."
    return Picture(says, strips=strips)
