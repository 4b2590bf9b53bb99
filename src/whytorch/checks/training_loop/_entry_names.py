"""How the entries of a file are called, and those of the network that is given them."""

from __future__ import annotations

from whytorch.evidence.facts import LoadedState

_PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "backbone.", "encoder.", "state_dict.")


def is_renamed(state: LoadedState) -> bool:
    """As many entries as the network has, and most are its own under another first name."""
    ends = [next(iter(names), "").partition(".")[2] for names in (state.missing, state.unexpected)]
    alike = state.given >= state.expected > 2 * state.matched  # counters of BatchNorm come on top
    return alike and bool(ends[0]) and ends[0] == ends[1]


def renamed(missing: tuple[str, ...], unexpected: tuple[str, ...]) -> str:
    """What to write so that the entries of the file have the names that the network has."""
    own, other = (next(iter(names), "").partition(".") for names in (missing, unexpected))
    if own[2] and own[2] == other[2] and own[0] != other[0]:
        was, now = f"{other[0]}.", f"{own[0]}."
        cut = f'{{k.replace("{was}", "{now}", 1): v for k, v in state.items()}}'
        return f"load {cut}, without strict=False"
    for prefix in _PREFIXES:
        if any(k.startswith(prefix) for k in unexpected):
            cut = f'{{k.removeprefix("{prefix}"): v for k, v in state.items()}}'
            if not any(k.startswith(prefix) for k in missing):
                return f"load {cut}, without strict=False"
        if any(k.startswith(prefix) for k in missing):
            if not any(k.startswith(prefix) for k in unexpected):
                return f'load {{"{prefix}" + k: v for k, v in state.items()}}, without strict=False'
    if len(unexpected) == 1 or any(k in ("state_dict", "model", "epoch") for k in unexpected):
        inner = next((k for k in unexpected if k in ("state_dict", "model")), unexpected[0])
        return f'load checkpoint["{inner}"]: the weights are an entry of what the file holds'
    return "leave strict=False out, and rename the entries that it then complains about"
