"""What every test may count on: one thread, no lost fault of our own, and the real data if here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# Set before anything imports torch, and inherited by the child processes that tests start.
# One thread: the same sums in the same order everywhere, and workers that leave each other room.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
# A fault inside the recorder never reaches a user's script; here it must reach the test.
os.environ["WHYTORCH_RAISE"] = "1"

# The same examples every time, and no example fails for being slow on a busy machine.
settings.register_profile("whytorch", derandomize=True, deadline=None)
settings.load_profile("whytorch")


@pytest.fixture(autouse=True)
def one_torch_thread() -> None:
    """A test that raised torch's thread count does not slow or change the next one."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() != 1:
        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real images, or a skip that says where it was looked for."""
    override = os.environ.get("WHYTORCH_SHARED_DATA")
    folder = Path(override) if override else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        where = override or "../shared/data"
        pytest.skip(f"needs the real images in {where} (or set WHYTORCH_SHARED_DATA)")
    return folder.resolve()
