"""Saved weights that do not fit the network, or are not what the script takes them for."""

from __future__ import annotations

import re

from whytorch.findings.crashes.answer import Answer, Kind
from whytorch.findings.crashes.scene import Scene

_KEYS = re.compile(r'"([\w.]+)"')


def loading(scene: Scene, match: re.Match[str]) -> Answer | None:
    message = scene.crash.message
    kind = match.group(1)
    missing = _listed(message, "Missing key")
    unexpected = _listed(message, "Unexpected key")
    sizes = re.findall(
        r"size mismatch for ([\w.]+): copying a param with shape torch\.Size\(\[([\d, ]*)\]\) from "
        r"checkpoint, the shape in current model is torch\.Size\(\[([\d, ]*)\]\)",
        message,
    )
    state = next(iter(scene.arguments("load_state_dict")), "state")
    state = state if len(state) <= 40 else "state"
    for prefix in ("module.", "_orig_mod.", "model.", "backbone.", "net."):
        if unexpected and all(k.startswith(prefix) for k in unexpected):
            if not missing or unexpected[0].removeprefix(prefix) in missing:
                return Answer(
                    f'the saved names begin with "{prefix}" ({unexpected[0]}), not those of {kind}',
                    f"write {{k.removeprefix({prefix!r}): v for k, v in {state}.items()}}",
                    scene.place,
                )
    if missing and unexpected and not any("." in k for k in unexpected):
        wrapped = [k for k in unexpected if "state" in k or k in ("model", "net", "weights")]
        if wrapped:
            return Answer(
                f"{state} is a whole checkpoint with {', '.join(unexpected[:4])}",
                f'write {state}["{wrapped[0]}"]',
                scene.place,
            )
    if sizes and not missing and not unexpected:
        name, saved, own = sizes[0]
        more = f" and {len(sizes) - 1} more" if len(sizes) > 1 else ""
        write = f"make {name.rpartition('.')[0] or kind} as large as when it was saved"
        if len(sizes) <= 2:
            write += f", or leave {name.rpartition('.')[0]}.* out of the saved state"
        return Answer(
            f"{name} was saved as [{saved}], but is [{own}] in {kind}{more}", write, scene.place
        )
    some = []
    if missing:
        some.append(f"{len(missing)} weights of {kind} are not in it ({missing[0]})")
    if unexpected:
        some.append(f"{len(unexpected)} of it are not in {kind} ({unexpected[0]})")
    return Answer(
        f"{state} belongs to another network: {', '.join(some)}"
        if some
        else f"{state} does not fit {kind}",
        "make the network as it was when it was saved; strict=False would leave these "
        "weights random",
        scene.place,
    )


def _listed(message: str, title: str) -> list[str]:
    found = re.search(rf"{title}\(?s?\)? in state_dict: (.*?)(?:\n|$)", message)
    return _KEYS.findall(found.group(1)) if found else []


def missing_key(scene: Scene, match: re.Match[str]) -> Answer | None:
    key = match.group(1)
    subscript = re.search(r"([\w.]+)\[\s*['\"]" + re.escape(key) + r"['\"]\s*\]", scene.text)
    of = subscript.group(1) if subscript else None
    if of is None:
        return None
    keys = [
        t.name.removeprefix(f"{of}[").removesuffix("]")
        for t in scene.crash.tensors
        if t.name.startswith(f"{of}[")
    ]
    known = list(scene.crash.keys.get(of, ())) or keys
    listed = f", only {', '.join(repr(k) for k in known[:6])}" if known else ""
    write = f"use one of these, or print({of}.keys())" if known else f"look at {of}.keys()"
    likely = [k for k in known if "state" in str(k) and "optim" not in str(k)]
    if "state" in key and len(likely) == 1:
        write = f"write {of}[{likely[0]!r}]"
    return Answer(f"{of} has no '{key}'{listed}", write, scene.place)


def state_for_network(scene: Scene, match: re.Match[str]) -> Answer | None:
    method = match.group(1)
    of = scene.receiver(method) or (short_name(scene.text))
    return Answer(
        f"{of} is a dict of weights (a state_dict), not a network",
        f"make the network first, then write model.load_state_dict({of})",
        scene.place,
    )


def short_name(text: str) -> str:
    return re.split(r"[.(\[]", text)[0] or "it"


def weights_only(scene: Scene, match: re.Match[str]) -> Answer | None:
    what = next(iter(scene.arguments("load")), "path")
    return Answer(
        "the file holds whole Python objects, and torch.load reads only weights",
        f"write torch.load({what}, weights_only=False) if you trust the file",
        scene.place,
    )


def class_is_gone(scene: Scene, match: re.Match[str]) -> Answer | None:
    name = match.group(1)
    return Answer(
        f"the saved network is a {name}, whose class this script does not have",
        f"import or define class {name} before torch.load, or save state_dict() instead",
        scene.place,
    )


KINDS: tuple[Kind, ...] = (
    (r"Error\(s\) in loading state_dict for (\w+)", loading),
    (r"KeyError: '([\w.]+)'", missing_key),
    (
        r"'(?:collections\.)?(?:OrderedDict|dict)' object has no attribute '(eval|train|to|cuda|"
        r"parameters|state_dict|forward)'",
        state_for_network,
    ),
    (r"Weights only load failed", weights_only),
    (r"Can't get attribute '(\w+)' on <module '__main__'", class_is_gone),
)
