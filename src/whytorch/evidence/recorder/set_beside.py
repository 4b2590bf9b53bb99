"""Settings that the script writes where no step reads them: `optimizer.lr = 0.01`, or an entry
`"learning_rate"` of a group. The rate itself is `group["lr"]`, whatever stands beside it."""

from __future__ import annotations

from typing import Any

from torch.optim import Optimizer

from whytorch.evidence.recorder.sink import number

_OTHERWISE = {"learningrate": "lr", "wd": "weight_decay"}


class SetBeside:
    """Of one optimizer: by how it is written, the setting it stands for and its latest value."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, Any]] = {}

    def look(self, optimizer: Optimizer) -> None:
        if not type(optimizer).__module__.startswith("torch.optim"):
            return  # a class of the script's own may read what it likes
        real = {name.replace("_", ""): name for name in optimizer.defaults} | _OTHERWISE
        for name, value in optimizer.__dict__.items():
            self._take(f".{name}", real.get(_plain(name)), value)
        for name, value in optimizer.param_groups[0].items():
            if name not in optimizer.defaults:
                self._take(f'["{name}"]', real.get(_plain(name)), value)

    def _take(self, written: str, setting: str | None, value: Any) -> None:
        value = number(value) if isinstance(value, (int, float)) else None
        if setting is not None and value is not None:
            self._seen[written] = {"written": written, "setting": setting, "value": value}

    def facts(self) -> list[dict[str, Any]]:
        return list(self._seen.values())


def _plain(name: str) -> str:
    return name.lower().replace("_", "")
