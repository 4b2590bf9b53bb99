"""What stands between a data set and its samples: each transform, and whether it draws at random.

Nothing is called: classes are known by name, the user's own functions by the names in their code.
"""

from __future__ import annotations

import contextlib
import dis
import inspect
import random
import types
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

_DEPTH = 6
_MOST = 40  # transforms of one data set
_MOST_CODE = 12  # functions followed from one transform

# Of libraries that name their transforms: those that draw, besides every Random...
_DRAWING = {
    "ColorJitter", "AutoAugment", "RandAugment", "TrivialAugmentWide", "AugMix", "GaussianNoise",
    "ElasticTransform", "ScaleJitter", "MixUp", "CutMix", "JPEG", "HorizontalFlip", "VerticalFlip",
    "Flip", "Rotate", "SafeRotate", "ShiftScaleRotate", "Affine", "Perspective", "GaussNoise",
    "GaussianBlur", "Blur", "MotionBlur", "MedianBlur", "CoarseDropout", "Cutout", "GridDistortion",
    "OpticalDistortion", "HueSaturationValue", "RGBShift", "ChannelShuffle", "CLAHE", "OneOf",
    "SomeOf", "Transpose", "D4", "MixedAugment", "RandRotate", "RandFlip", "RandAffine",
}  # fmt: skip
_LIBRARIES = ("torchvision.", "albumentations.", "kornia.", "monai.", "imgaug.", "timm.")
# In the code of a function: names of what draws a number. Plain words (sample, choice) count only
# beside the name of a source of randomness.
_DRAWS = {
    "rand", "randn", "rand_like", "randn_like", "randint", "randint_like", "randrange", "uniform",
    "normal", "bernoulli", "random_sample", "getrandbits", "standard_normal", "uniform_", "normal_",
    "bernoulli_", "randperm", "triangular", "gauss", "betavariate", "integers",
}  # fmt: skip
_PLAIN_DRAWS = {"random", "choice", "choices", "sample", "shuffle", "permutation", "beta"}
_SOURCES = {"random", "rng", "np", "numpy", "generator", "_rng", "random_state"}
_KEPT = (bool, int, float, str)
_SETTINGS = (
    "p", "degrees", "size", "padding", "scale", "ratio", "translate", "brightness", "contrast",
    "saturation", "hue", "sigma", "shear", "distortion_scale", "num_ops", "magnitude", "limit",
)  # fmt: skip


def transforms_of(chain: list[Any]) -> list[dict[str, Any]]:
    """As `TransformFacts`, from the outermost data set inwards."""
    found: list[dict[str, Any]] = []
    seen: dict[bool, set[int]] = {True: set(), False: set()}  # one may serve image and mask
    for dataset in chain:
        for name, value in list(getattr(dataset, "__dict__", {}).items()):
            if _may_be_transform(name, value):
                on_target = any(w in name.lower() for w in ("target", "label", "mask"))
                for one in _leaves(value, 0, seen[on_target]):
                    found.append({**one, "on_target": on_target})
        drawing = _draws_itself(dataset)
        if drawing is not None:
            found.append({**drawing, "on_target": False})
    return found[:_MOST]


def _may_be_transform(name: str, value: Any) -> bool:
    if not callable(value) or isinstance(value, type):
        return False
    words = ("transform", "aug", "tfm", "preproc", "pipeline")
    named = any(word in name.lower() for word in words) or name in ("tf", "t")
    return named or _module(value).startswith(_LIBRARIES[:3])


def _module(value: Any) -> str:
    module = (value if isinstance(value, types.FunctionType) else type(value)).__module__
    return f"{module}."


def _leaves(value: Any, depth: int, seen: set[int], p: float = 1.0) -> Iterator[dict[str, Any]]:
    """The transforms within containers, in order; `p` is the chance that a container applies it."""
    if depth > _DEPTH or id(value) in seen or value is None:
        return
    seen.add(id(value))
    name, library = type(value).__name__, _module(value).startswith(_LIBRARIES)
    parts = _parts(value, library)
    if parts:
        chance = getattr(value, "p", None)
        if name == "RandomApply" and isinstance(chance, (int, float)):
            p = p * float(chance)
        picks = name in ("RandomChoice", "RandomOrder", "OneOf", "SomeOf")
        for part in parts:
            for one in _leaves(part, depth + 1, seen, p):
                yield {**one, "random": True} if picks and one["random"] is False else one
        return
    for one in _called_from(value):
        yield from _leaves(one, depth + 1, seen, p)
    yield _leaf(value, name, library, p)


def _called_from(value: Any) -> list[Any]:
    """Transforms of a library that a user's function uses by name: `return self.crop(image)`."""
    value = getattr(value, "lambd", value)
    function = value.__func__ if isinstance(value, types.MethodType) else value
    if not isinstance(function, types.FunctionType):
        return []
    code = function.__code__
    known = {name: function.__globals__.get(name) for name in code.co_names}
    with contextlib.suppress(ValueError):  # a variable that has no value yet
        known |= inspect.getclosurevars(function).nonlocals
    own = getattr(getattr(value, "__self__", None), "__dict__", {})
    known |= {name: own[name] for name in code.co_names if name in own}
    return [
        one
        for one in known.values()
        if not isinstance(one, (type, types.ModuleType, types.FunctionType))
        and _module(one).startswith(_LIBRARIES)
    ]


def _parts(value: Any, library: bool) -> list[Any]:
    """What a container holds; empty for a transform that does its own work."""
    held = getattr(value, "transforms", None)
    if isinstance(held, (list, tuple, nn.ModuleList)):
        return list(held)
    if isinstance(value, (nn.Sequential, nn.ModuleList)):
        return list(value)
    own = getattr(value, "__dict__", {})
    if library:  # torchvision's pair of transform and target_transform
        return [v for v in (own.get("transform"),) if callable(v)]
    values = [v for k, v in own.items() if k[:1] != "_"]
    values += [v for one in values if isinstance(one, (list, tuple)) for v in one[:_MOST]]
    held = [v for v in values if callable(v) and not isinstance(v, type)]
    own_code = _code_of(value)
    if held and own_code is not None and _draws(value):
        return [*held, own_code]  # it draws itself too
    return held


def _leaf(value: Any, name: str, library: bool, p: float) -> dict[str, Any]:
    lambd = getattr(value, "lambd", None)
    if callable(lambd):
        families = _draws(lambd)
        return {"name": getattr(lambd, "__name__", "lambda"), "random": bool(families) and p > 0,
                "settings": {}, "user": True, "draws_from": sorted(families)}  # fmt: skip
    own = getattr(value, "__dict__", {})
    settings = {k: _plain(own[k]) for k in _SETTINGS if k in own and _plain(own[k]) is not None}
    if library:
        drawing = name.startswith(("Random", "Rand")) or name in _DRAWING
        return {
            "name": name,
            "random": drawing and p > 0 and not _idle(name, settings),
            "settings": settings,
            "user": False,
            "draws_from": ["torch"] if _module(value).startswith("torchvision.") else [],
        }
    if isinstance(value, (types.FunctionType, types.MethodType, types.CodeType)):
        name = str(getattr(value, "__name__", None) or getattr(value, "co_name", name))
    families = _draws(value)
    random = bool(families) and p > 0 and settings.get("p") != 0
    return {"name": name, "random": random, "settings": settings, "user": True,
            "draws_from": sorted(families)}  # fmt: skip


def _idle(name: str, settings: dict[str, Any]) -> bool:
    """Whether the settings leave nothing to chance."""
    if settings.get("p") == 0:
        return True
    if name == "ColorJitter":
        spread = [settings.get(k) for k in ("brightness", "contrast", "saturation", "hue")]
        return not any(spread)
    if name == "RandomRotation":
        return settings.get("degrees") in ((0.0, 0.0), [0.0, 0.0])
    sigma = settings.get("sigma")
    return name == "GaussianBlur" and isinstance(sigma, list) and len(set(sigma)) == 1


def _plain(value: Any) -> Any:
    if isinstance(value, _KEPT):
        return value
    if isinstance(value, (list, tuple)) and 0 < len(value) <= 6:
        return [v for v in value if isinstance(v, _KEPT)]
    if isinstance(value, torch.Tensor) and value.numel() == 1 and value.device.type == "cpu":
        return float(value)
    return None


# --- the user's own code ----------------------------------------------------------------------


def _draws_itself(dataset: Any) -> dict[str, Any] | None:
    """The data set's own __getitem__, if its code draws numbers."""
    method = getattr(type(dataset), "__getitem__", None)
    if not isinstance(method, types.FunctionType) or _module(dataset).startswith(
        ("torch.", *_LIBRARIES)
    ):
        return None
    families = _draws(method, type(dataset))
    if not families:
        return None
    return {"name": f"{type(dataset).__name__}.__getitem__", "random": True, "settings": {},
            "user": True, "draws_from": sorted(families)}  # fmt: skip


def _code_of(value: Any) -> types.CodeType | None:
    if isinstance(value, types.CodeType):
        return value
    if isinstance(value, types.MethodType):
        value = value.__func__
    if not isinstance(value, types.FunctionType):
        kind = type(value)
        value = getattr(kind, "forward" if isinstance(value, nn.Module) else "__call__", None)
    return value.__code__ if isinstance(value, types.FunctionType) else None


def _draws(value: Any, owner: type | None = None) -> set[str]:
    """From what a callable, or what it calls by name, draws numbers: torch, numpy, python, own."""
    function = value.__func__ if isinstance(value, types.MethodType) else value
    code = _code_of(value)
    if code is None:
        return set()
    if owner is None and not isinstance(function, (types.FunctionType, types.CodeType)):
        owner = type(value)
    scope = getattr(function, "__globals__", None)
    if scope is None and owner is not None:
        method = vars(owner).get("forward" if issubclass(owner, nn.Module) else "__call__")
        scope = getattr(method, "__globals__", {})
    found: set[str] = set()
    _follow(code, scope or {}, owner, set(), found)
    return found


def _follow(
    code: types.CodeType,
    scope: dict[str, Any],
    owner: type | None,
    seen: set[types.CodeType],
    found: set[str],
) -> None:
    if code in seen or len(seen) > _MOST_CODE:
        return
    seen.add(code)
    found |= _families(code, scope)
    for name in code.co_names:
        followed = scope.get(name)
        if not isinstance(followed, types.FunctionType) and owner is not None:
            followed = getattr(owner, name, None)
        if isinstance(followed, types.FunctionType) and not _module(followed).startswith(
            ("torch.", "numpy.", "PIL.", *_LIBRARIES)
        ):
            _follow(followed.__code__, followed.__globals__, owner, seen, found)
        elif isinstance(followed, type) and f"{followed.__module__}.".startswith(_LIBRARIES):
            if followed.__name__.startswith("Random") or followed.__name__ in _DRAWING:
                found.add("torch")
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            _follow(inner, scope, owner, seen, found)


def _families(code: types.CodeType, scope: dict[str, Any]) -> set[str]:
    """Of the numbers that this code draws itself: each drawing name belongs to the chain of names
    before it, as in np.random.rand."""
    found: set[str] = set()
    chain: list[str] = []
    root: Any = None
    for instruction in dis.get_instructions(code):
        name, kind = instruction.argval, instruction.opname
        if kind in ("LOAD_GLOBAL", "LOAD_NAME"):
            chain, root = [str(name)], scope.get(str(name))
            if isinstance(root, types.BuiltinFunctionType) and name in _DRAWS | _PLAIN_DRAWS:
                found.add("torch" if "torch" in repr(root) else "numpy")
            elif isinstance(getattr(root, "__self__", None), random.Random):
                found.add("python")
        elif kind in ("LOAD_ATTR", "LOAD_METHOD"):
            chain.append(str(name))
            if name in _DRAWS or (name in _PLAIN_DRAWS and _is_source(chain[:-1], root)):
                found.add(_family(chain, root))
        elif not kind.startswith(("PUSH_NULL", "CACHE", "PRECALL")):
            chain, root = ([str(name)], None) if kind.startswith("LOAD") else ([], None)
    return found


def _is_source(before: list[str], root: Any) -> bool:
    return root is random or bool(set(before[-1:]) & _SOURCES - {"np", "numpy"})


def _family(chain: list[str], root: Any) -> str:
    if root is random or isinstance(root, random.Random):
        return "python"
    if getattr(root, "__name__", "").partition(".")[0] == "numpy":
        return "numpy"
    if root is torch or chain[-1].endswith("_") or chain[:1] == ["torch"]:
        return "torch"
    return "own" if set(chain[:-1]) & (_SOURCES | {"generator"}) else "torch"
