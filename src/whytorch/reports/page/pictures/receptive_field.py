"""How much of an image one last feature sees

The receptive field, measured by gradient where the lab looked, else reckoned from kernels and
strides, drawn over an image that entered the network.
"""

from __future__ import annotations

from whytorch.evidence.facts import Network, Pictures
from whytorch.evidence.facts.experiments import ReceptiveField
from whytorch.reports.page.images import arrays, png, shades
from whytorch.reports.page.network import receptive_fields
from whytorch.reports.page.picture import OTHER, Picture, axis, chart, line, percent

SHOWN_FOR = ("receptive-field-too-small", "receptive-field-too-large", "unsuitable-pooling")
ORDER = 19
Seen = tuple[tuple[int, int], tuple[int, int], str]  # image, field, which feature


def draw(
    found: ReceptiveField | None, network: Network | None, pictures: Pictures | None
) -> Picture | None:
    seen = _measured(found) or _reckoned(network)
    if seen is None:
        return None
    (height, width), (tall, wide), what = seen
    share = min(1.0, tall / height) * min(1.0, wide / width)
    says = (
        f"One feature of {what} sees {tall} × {wide} pixels of an image of {height} × {width}: "
        f"{percent(share)} of it."
    )
    box = {
        "type": "rect", "line": {"color": OTHER, "width": 3},
        "x0": max(0, (width - wide) / 2), "x1": min(width, (width + wide) / 2),
        "y0": max(0, (height - tall) / 2), "y1": min(height, (height + tall) / 2),
    }  # fmt: skip
    sheet = pictures.sheets.get("train") if pictures is not None else None
    images = []
    if sheet is not None:
        image = shades(arrays(sheet)[0], sheet.low, sheet.high)
        times = max(1, 288 // max(image.shape[:2]))  # as it is: a browser would blur it
        source = png(image.repeat(times, 0).repeat(times, 1))
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


def _measured(found: ReceptiveField | None) -> Seen | None:
    """By the lab, with gradients."""
    if found is None or len(found.image) != 2 or len(found.field) != 2:
        return None
    image, field = (found.image[0], found.image[1]), (found.field[0], found.field[1])
    return image, field, f"layer {found.layer}" if found.layer else "the last map"


def _reckoned(network: Network | None) -> Seen | None:
    """From kernels and strides, of the last layer whose map has more than one place."""
    layers = network.layers if network is not None else ()
    entering = next((x.in_shape for x in layers if x.in_shape and len(x.in_shape) == 4), None)
    sees = receptive_fields(layers)
    maps = [x for x in layers if x.name in sees and x.out_shape and min(x.out_shape[2:]) > 1]
    if entering is None or not maps:
        return None
    side = sees[maps[-1].name]
    return (
        (entering[2], entering[3]),
        (side, side),
        f"layer {maps[-1].name} (reckoned from kernels and strides)",
    )
