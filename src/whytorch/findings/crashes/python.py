"""Crashes of Python itself: files, modules and names that are not there."""

from __future__ import annotations

import difflib
import re

from whytorch.evidence.facts import Run
from whytorch.findings.crashes.answer import Answer, Kind
from whytorch.findings.crashes.scene import Scene

# The name under which a module is installed, where it is another one.
_PACKAGES = {
    "cv2": "opencv-python",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "skimage": "scikit-image",
    "tensorboardX": "tensorboardX",
    "pytorch_lightning": "lightning",
    "pl_bolts": "lightning-bolts",
    "bs4": "beautifulsoup4",
    "Crypto": "pycryptodome",
    "dotenv": "python-dotenv",
    "attr": "attrs",
    "google.colab": "",
    "serial": "pyserial",
    "medmnist": "medmnist",
    "efficientnet_pytorch": "efficientnet-pytorch",
    "wandb": "wandb",
}

_USUAL = {
    "torch": "import torch",
    "nn": "from torch import nn",
    "F": "import torch.nn.functional as F",
    "optim": "from torch import optim",
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "plt": "import matplotlib.pyplot as plt",
    "os": "import os",
    "Image": "from PIL import Image",
    "tqdm": "from tqdm import tqdm",
    "models": "from torchvision import models",
    "datasets": "from torchvision import datasets",
    "transforms": "from torchvision import transforms",
    "Dataset": "from torch.utils.data import Dataset",
    "DataLoader": "from torch.utils.data import DataLoader",
}


def no_file(scene: Scene, match: re.Match[str]) -> Answer | None:
    quoted = re.search(r"['\"]([^'\"]+)['\"]", scene.crash.message)
    path = quoted.group(1) if quoted else "a file"
    if re.search(r"couldn't find any class", scene.crash.message, re.IGNORECASE):
        return None
    where = "it is looked for from the folder in which you start the script"
    if path.startswith(("/", "~")) or path[1:3] == ":\\":
        where = "the path is one of another machine?"
    return Answer(
        f"{path} is not there",
        f"put the data there, or write the right path ({where})",
        scene.place,
    )


def no_module(scene: Scene, match: re.Match[str]) -> Answer | None:
    name = match.group(1)
    top = name.partition(".")[0]
    if name.startswith("google.colab"):
        return Answer("google.colab exists only in Colab", "leave out these lines", scene.place)
    package = _PACKAGES.get(top, top.replace("_", "-") if top.islower() and len(top) > 30 else top)
    local = scene.source is not None and any(
        c.name.startswith(f"{top}.") for c in scene.source.classes
    )
    near = " (or start the script where that file is)" if not local else ""
    return Answer(
        f"the module {name} is not installed", f"pip install {package}{near}", scene.place
    )


def no_name_in_module(scene: Scene, match: re.Match[str]) -> Answer | None:
    name, module = match.groups()
    if "circular import" in scene.crash.message or "partially initialized" in scene.crash.message:
        return Answer(
            f"{module} and a file that it imports import each other (or your own file has "
            "the name of a package)",
            "rename the file, or import inside the function",
            scene.place,
        )
    return Answer(
        f"{module} has no {name} in the version installed here",
        f"look up its new name, or install the version of {module.partition('.')[0]} that "
        "the script was written for",
        scene.place,
    )


def shared_library(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "a package can't load its own library: "
        + scene.crash.message.strip().splitlines()[0][:100],
        "install it again, in a version that fits the others",
        scene.place,
    )


def no_name(scene: Scene, match: re.Match[str]) -> Answer | None:
    name = match.group(1)
    bound = set()
    if scene.source is not None:
        bound = {t for a in scene.source.assignments for t in a.targets}
        bound |= {f.name for f in scene.source.functions}
        bound |= {c.qualname.rpartition(".")[2] for c in scene.source.classes}
        bound |= {i.alias for i in scene.source.imported}
    bound.discard(name)
    if name in _USUAL:
        return Answer(f"{name} is not imported", f"write {_USUAL[name]}", scene.place)
    close = difflib.get_close_matches(name, bound, 1, 0.75)
    if close:
        return Answer(f"{name} is not defined, but {close[0]} is", f"write {close[0]}", scene.place)
    return Answer(
        f"{name} is used before it is defined, or never defined",
        f"write {name} = ... above this line",
        scene.place,
    )


def unbound(scene: Scene, match: re.Match[str]) -> Answer | None:
    name = match.group(1)
    function = scene.crash.functions[-1] if scene.crash.functions else "the function"
    return Answer(
        f"{name} has no value yet in {function}: it is assigned later, or in a branch",
        f"give {name} a value before, or write global {name}",
        scene.place,
    )


def no_network(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "a download failed: there is no connection, or the address is gone",
        "fetch the file once by hand, and give the script its path",
        scene.place,
    )


def not_allowed(scene: Scene, match: re.Match[str]) -> Answer | None:
    quoted = re.search(r"['\"]([^'\"]+)['\"]", scene.crash.message)
    return Answer(
        f"{quoted.group(1) if quoted else 'a file'} may not be read or written here",
        "give a folder that you may write to",
        scene.place,
    )


def division(scene: Scene, match: re.Match[str]) -> Answer | None:
    text = scene.text if len(scene.text) <= 60 else "a division"
    return Answer(
        f"{text} divides by 0: nothing was counted",
        "look at the length of the loader or the data set",
        scene.place,
    )


def no_environment(scene: Scene, match: re.Match[str]) -> Answer | None:
    name = match.group(1)
    if "environ" not in scene.text and "os.py" not in scene.crash.traceback:
        return None
    start = (
        "torchrun --nproc_per_node=1"
        if name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR")
        else f"{name}=..."
    )
    return Answer(
        f"the environment variable {name} is not set", f"start the script with {start}", scene.place
    )


KINDS: tuple[Kind, ...] = (
    (r"FileNotFoundError|No such file or directory", no_file),
    (r"No module named '([\w.]+)'", no_module),
    (
        r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'",
        no_name_in_module,
    ),
    (r"ImportError: .*(?:\.so|DLL|dylib)", shared_library),
    (r"UnboundLocalError: .*variable '(\w+)'", unbound),
    (r"NameError: name '(\w+)' is not defined", no_name),
    (r"URLError|HTTPError|ConnectionError|MaxRetryError|getaddrinfo", no_network),
    (r"PermissionError", not_allowed),
    (r"ZeroDivisionError", division),
    (r"KeyError: '([A-Z_]+)'", no_environment),
)


def ended_itself(run: Run) -> str | None:
    """What argparse and its kin say before they end the script, and what to do."""
    lines = [line.strip() for line in run.output_tail.splitlines() if line.strip()]
    error = next((x for x in reversed(lines) if re.match(r"[\w.\-/]+: error: ", x)), None)
    if error is None or run.exit_code != 2:
        return None
    says = error.partition(": error: ")[2]
    needed = re.search(r"required: (.*)", says)
    names = needed.group(1).split(", ") if needed else []
    write = " ".join(f"{n.split('/')[-1]} ..." if n.startswith("-") else n for n in names)
    end = f": write whytorch {_script(error)} {write}" if write else ""
    return f"the script's own arguments: {says}{end}"


def _script(error: str) -> str:
    return error.partition(":")[0]
