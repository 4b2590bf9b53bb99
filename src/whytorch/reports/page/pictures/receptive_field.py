"""How much of an image one last feature sees

The receptive field, measured by gradient, drawn over an image that entered the network.
"""

from __future__ import annotations

from whytorch.evidence.facts import Pictures
from whytorch.evidence.facts.experiments import ReceptiveField
from whytorch.reports.page.images import arrays, png, shades
from whytorch.reports.page.picture import OTHER, Picture, axis, chart, line

SHOWN_FOR = ("receptive-field-too-small", "receptive-field-too-large", "unsuitable-pooling")
ORDER = 6


def draw(found: ReceptiveField, pictures: Pictures | None) -> Picture | None:
    if len(found.image) != 2 or len(found.field) != 2:
        return None
    (height, width), (tall, wide) = found.image, found.field
    share = min(1.0, tall / height) * min(1.0, wide / width)
    says = (
        f"One feature of the last map ({found.layer or 'its layer'}, {_size(found.map)}) sees "
        f"{_size(found.field)} pixels of an image of {_size(found.image)}, {100 * share:.3g} %."
    )
    box = {
        "type": "rect", "line": {"color": OTHER, "width": 3},
        "x0": max(0, (width - wide) / 2), "x1": min(width, (width + wide) / 2),
        "y0": max(0, (height - tall) / 2), "y1": min(height, (height + tall) / 2),
    }  # fmt: skip
    sheet = pictures.sheets.get("train") if pictures is not None else None
    images = []
    if sheet is not None:
        source = png(shades(arrays(sheet)[0], sheet.low, sheet.high))
        images.append({
            "source": source, "xref": "x", "yref": "y", "x": 0, "y": 0, "sizex": width,
            "sizey": height, "sizing": "stretch", "layer": "below",
        })  # fmt: skip
    middle = line([width / 2], [height / 2], "the feature's place", OTHER, mode="markers")
    figure = chart(
        [middle],
        axis("pixels", range=[0, width], showgrid=False, constrain="domain"),
        axis("", range=[height, 0], showgrid=False, scaleanchor="x", constrain="domain"),
        320, shapes=[box], images=images, showlegend=False,
    )  # fmt: skip
    return Picture(says, (figure,))


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(str(n) for n in shape)
