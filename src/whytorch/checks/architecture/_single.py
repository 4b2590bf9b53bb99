"""Single images in the source: transforms of one picture, given to a network as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from whytorch.evidence.source import Call, Source
from whytorch.records import Place

_OPENED = re.compile(r"(PIL\.)?Image\.(open|fromarray)\(")
_CLASSIFIERS = re.compile(
    r"torchvision\.models\.(alexnet|vgg|resnet|resnext|wide_resnet|squeezenet|densenet|googlenet"
    r"|inception_v3|mobilenet|shufflenet|mnasnet|efficientnet|regnet|convnext)\w*$"
)
_ADDS = re.compile(r"unsqueeze|None|newaxis|expand_dims|stack|view|reshape|\bdim\(\)|ndim")


def unbatched_images(source: Source) -> Iterator[tuple[str, str, Call, Place]]:
    """(image, model, the call, where the image was made)."""
    if not source.calls_to("*.ToTensor") or not source.calls_to("*.open", "*.fromarray"):
        return
    models = _models(source)
    pictures = _composed(source)
    if not models or not pictures:
        return
    for call in source.calls:
        if call.raw not in models or len(call.args) != 1 or call.keywords:
            continue
        name = re.sub(r"\.(to|cuda)\([^()]*\)$", "", call.args[0].text)
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            continue
        made = _made(source, name, call, pictures)
        if made is not None:
            yield name, call.raw, call, made


def _models(source: Source) -> set[str]:
    """Variables that only ever hold a network for batches of images."""
    found: dict[str, bool] = {}
    wide = {
        n.name
        for n in source.networks
        if any(c.last == "Conv2d" for c in n.calls)
        and not (n.forward and _ADDS.search(n.text(n.forward).replace(".view(", "")))
    }
    for call in source.calls:
        known = bool(_CLASSIFIERS.fullmatch(call.name)) or call.last in wide
        if known and call.raw[:1] != ".":
            for name in source.names_assigned_at(call.place):
                found[name] = True
    for one in source.assignments:
        for target in one.targets:
            text = one.value.text if one.value else ""
            if target in found and not text.startswith(f"{target}."):
                holds = any(k in text for k in wide) or bool(re.search(r"models\.\w+\(", text))
                found[target] &= holds or _CLASSIFIERS.search(text) is not None
    return {n for n, sure in found.items() if sure}


def _composed(source: Source) -> set[str]:
    """Variables that hold transforms which end in a tensor of one image."""
    found = set()
    for call in source.calls_to("*.Compose"):
        text = call.args[0].text if call.args else ""
        if "ToTensor()" in text and not re.search(r"Lambda|Crop\b.*Five|FiveCrop|TenCrop", text):
            found |= set(source.names_assigned_at(call.place))
    return found


def _made(source: Source, name: str, call: Call, pictures: set[str]) -> Place | None:
    """Where the image was made, if everything that is done to it keeps it one image."""
    places = []
    for one in source.assignments:
        if name not in one.targets or one.function != call.function:
            continue
        text = one.value.text if one.value else ""
        if one.place.line > call.place.line or one.place.path != call.place.path:
            continue
        if len(one.targets) > 1 or one.augmented or _ADDS.search(text):
            return None
        places.append((one.place, text))
    if not places:
        return None
    place, text = places[-1]
    head = re.match(r"([A-Za-z_]\w*)\((.*)", text, re.DOTALL)
    if head is None or head[1] not in pictures:
        return None
    opened = _OPENED.match(head[2]) or any(_OPENED.match(t) for _, t in places[:-1])
    return place if opened or _is_picture(source, head[2], call) else None


def _is_picture(source: Source, text: str, call: Call) -> bool:
    """transform(img), where img = Image.open(...)"""
    name = re.match(r"([A-Za-z_]\w*)\)", text)
    values = [
        one.value.text if one.value else ""
        for one in source.assignments
        if name and name[1] in one.targets and one.function == call.function
    ]
    return bool(values) and all(_OPENED.match(v) for v in values)
