"""No fault of the recorder changes what the script does: every function of it is made to raise."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import warm

sys.path.insert(0, str(Path(__file__).parent))
from invisible_scripts import EPILOGUE, PRELUDE
from test_invisible import bare

from whytorch.evidence import reading, recorder

SCRIPT = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.drop = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.2)
        self.head = nn.Linear(144, 10)
    def forward(self, x):
        return self.head(self.drop(F.relu(self.norm(self.conv(x)))).flatten(1))
model = Net()
optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
train, held = random_split(data, [400, 200])
loader = DataLoader(train, 100, shuffle=True)
for epoch in range(2):
    for a, b in loader:
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=epoch == 1):
            loss = F.cross_entropy(model(a), b)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
    scheduler.step()
    print("epoch", epoch, loss.item(), accuracy(model, DataLoader(held, 100)))
((model(X[:8]) ** 2).mean() / 2).backward()
"""
# What runs while the hooks are put in: a fault there leaves an observer out, see the last test.
_NOT_HOOKS = ("install", "__init__", "make", "undo", "note", "later", "wrap", "originals")
# The wrappers that call the hooks, and what does in the place of Python what Python does.
_STANDS_FOR_THE_ORIGINAL = ("_Tee.", "Modules._root_call", "data._made_plainly")


def _modules() -> Iterator[Any]:
    for info in pkgutil.iter_modules(recorder.__path__):
        if info.name not in ("core", "patches", "crash", "sink"):
            yield importlib.import_module(f"{recorder.__name__}.{info.name}")


def _functions() -> list[tuple[str, Any, str]]:
    """(name, owner, attribute) of every function a hook may call."""
    found = []
    for module in _modules():
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(value):
                full = f"{module.__name__}.{name}"
                if not any(w in full for w in _STANDS_FOR_THE_ORIGINAL):
                    found.append((full, module, name))
            elif inspect.isclass(value):
                for attribute, member in vars(value).items():
                    skip = attribute in _NOT_HOOKS or attribute.startswith(("_wrap", "__"))
                    full = f"{module.__name__}.{name}.{attribute}"
                    skip = skip or any(w in full for w in _STANDS_FOR_THE_ORIGINAL)
                    if inspect.isfunction(member) and not skip:
                        found.append((full, value, attribute))
    return sorted(found, key=lambda f: f[0])


def _raising(original: Callable[..., Any]) -> Callable[..., Any]:
    from whytorch.evidence.recorder.patches import harmless

    def planted(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("planted")

    planted.__qualname__ = original.__qualname__
    guarded = hasattr(original, "__wrapped__") and "guarded" in original.__code__.co_name
    return harmless(planted) if guarded else planted


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("harmless")
    path = folder / "train.py"
    path.write_text(PRELUDE + SCRIPT + EPILOGUE)
    return path, bare(path, folder / "bare.txt")


def _with_fault(path: Path, folder: Path, plant: Callable[[], None], tape: bool = False) -> Any:
    """`tape`: as where a lab follows; without one it does not run."""
    lab = (lambda so_far, session: session.close()) if tape else None
    return warm.rehearse(path, folder, before=plant, lab=lab)


@pytest.mark.parametrize("area", sorted({name.split(".")[3] for name, *_ in _functions()}))
def test_every_function_may_raise(area: str, script: tuple[Path, str], tmp_path: Path) -> None:
    path, wanted = script
    for number, (name, owner, attribute) in enumerate(_functions()):
        if name.split(".")[3] != area:
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        original = getattr(owner, attribute)

        def plant(owner: Any = owner, attribute: str = attribute, original: Any = original) -> None:
            setattr(owner, attribute, _raising(original))
            for module in _modules():  # and where it was imported by name
                for other, value in list(vars(module).items()):
                    if value is original:
                        setattr(module, other, getattr(owner, attribute))

        observed = _with_fault(path, folder, plant, tape=area == "tape")
        assert observed.output == wanted, f"{name} raised, and the script noticed"
        end = reading.read_lines(observed.record).get("end", {})
        assert end[""]["exit"] == "finished", name


def test_a_torch_without_something_is_observed_as_far_as_it_goes(
    script: tuple[Path, str], tmp_path: Path
) -> None:
    path, wanted = script

    def plant() -> None:
        from whytorch.evidence.recorder.optimizers import Optimizers

        Optimizers.install = lambda self, patches: 1 / 0  # type: ignore[assignment]

    observed = _with_fault(path, tmp_path, plant)
    assert observed.output == wanted
    subjects = reading.read_lines(observed.record)
    assert "Optimizers.install" in subjects["fault"][""]
    assert subjects["loss"]


def test_a_full_disk_ends_the_record_and_not_the_script(
    script: tuple[Path, str], tmp_path: Path
) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    path, wanted = script

    def plant() -> None:
        from whytorch.evidence.recorder import sink

        keep = sink.Sink.__init__
        sink.Sink.__init__ = lambda self, path, **options: keep(self, "/dev/full", **options)  # type: ignore[assignment]

    assert _with_fault(path, tmp_path, plant).output == wanted
