"""The usual savers of a script write into the overlay, and read back what they wrote."""

from __future__ import annotations

import csv
import glob
import json
import logging
import logging.handlers
import os
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision.io  # noqa: F401 - imported before a rehearsal, its functions are found too
from dressing import Stage
from PIL import Image

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the overlay is for POSIX systems")


def test_torch_checkpoints_are_read_back(stage: Stage) -> None:
    def script() -> Any:
        os.makedirs("runs/first/checkpoints", exist_ok=True)
        os.makedirs("runs/first/checkpoints", exist_ok=True)
        paths: list[Any] = ["best.pt", Path("runs/first/checkpoints/last.pt"), "modèle.pt"]
        for value, path in enumerate(paths):
            torch.save({"weights": torch.full((3,), float(value))}, path)
        with open("by_hand.pt", "wb") as file:
            torch.save(torch.ones(2), file)
        torch.save(torch.ones(2), "old.pt", _use_new_zipfile_serialization=False)
        loaded = [torch.load(path)["weights"].tolist() for path in paths]
        mapped = torch.load("best.pt", mmap=True)["weights"].tolist()
        rest = [torch.load(path).tolist() for path in ("by_hand.pt", "old.pt")]
        return loaded, mapped, rest, sorted(os.listdir("."))

    loaded, mapped, _, names = stage.both(script)
    assert loaded == [[0.0] * 3, [1.0] * 3, [2.0] * 3]
    assert mapped == [0.0] * 3
    assert "best.pt" in names
    assert set(stage.wrote) == {
        "best.pt",
        "runs/first/checkpoints/last.pt",
        "modèle.pt",
        "by_hand.pt",
        "old.pt",
    }


def test_an_overwritten_checkpoint_stays_the_users(stage: Stage) -> None:
    torch.save({"epoch": 7}, stage.folder / "model.pt")

    def script() -> Any:
        resumed = torch.load("model.pt")["epoch"]
        torch.save({"epoch": resumed + 1}, "model.tmp")
        os.replace("model.tmp", "model.pt")
        return resumed, torch.load("model.pt")["epoch"], os.path.exists("model.tmp")

    assert stage.dressed(script) == (7, 8, False)
    assert torch.load(stage.folder / "model.pt") == {"epoch": 7}
    assert stage.wrote == ["model.pt"]


def test_torch_speaks_in_its_own_words_of_a_missing_folder(stage: Stage) -> None:
    def script() -> Any:
        torch.save(1, "nowhere/model.pt")

    assert "nowhere" in stage.both(script)
    assert stage.wrote == []


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_torchscript(stage: Stage) -> None:
    def script() -> Any:
        model = torch.jit.script(torch.nn.Linear(2, 1, bias=False))
        torch.jit.save(model, "model.ts")
        model.save(Path("again.ts"))
        return all(
            torch.equal(torch.jit.load(name).weight, model.weight)
            for name in ("model.ts", "again.ts")
        )

    assert stage.both(script) is True


def test_numpy(stage: Stage) -> None:
    def script() -> Any:
        np.save("x.npy", np.arange(4))
        np.savez("xs.npz", a=np.arange(3))
        np.savetxt("x.txt", np.arange(2))
        np.arange(5, dtype=np.int64).tofile("x.bin")
        mapped = np.memmap("map.bin", dtype=np.int64, mode="w+", shape=(2,))
        mapped[:] = 9
        mapped.flush()
        return (
            np.load("x.npy").tolist(),
            np.load("x.npy", mmap_mode="r").tolist(),
            np.load("xs.npz")["a"].tolist(),
            np.loadtxt("x.txt").tolist(),
            np.fromfile("x.bin", dtype=np.int64).tolist(),
            np.memmap("map.bin", dtype=np.int64).tolist(),
        )

    assert stage.both(script)[0] == [0, 1, 2, 3]


def test_images_and_figures(stage: Stage) -> None:
    def script() -> Any:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
        from torchvision.io import read_file, read_image, write_file, write_png
        from torchvision.utils import save_image

        plt.plot([1, 2])
        plt.savefig("loss.png", dpi=20)
        plt.savefig("loss.pdf")
        Image.new("RGB", (3, 2), (1, 2, 3)).save("small.png")
        save_image(torch.zeros(3, 4, 4), "grid.png")
        write_png(torch.full((3, 2, 2), 5, dtype=torch.uint8), "native.png")
        write_file("raw", torch.tensor([1, 2], dtype=torch.uint8))
        return (
            Image.open("loss.png").size,
            Image.open("small.png").getpixel((0, 0)),
            Image.open("grid.png").size,
            Path("loss.pdf").read_bytes()[:4],
            read_image("native.png").unique().tolist(),
            read_file("raw").tolist(),
        )

    assert stage.dressed(script) == ((128, 96), (1, 2, 3), (4, 4), b"%PDF", [5], [1, 2])
    assert {"loss.png", "loss.pdf", "small.png", "grid.png", "native.png"} <= set(stage.wrote)


def test_logs(stage: Stage) -> None:
    def script() -> Any:
        with open("log.csv", "a", newline="") as file:
            csv.writer(file).writerow([1, 0.5])
        with open("log.csv", "a", newline="") as file:
            csv.writer(file).writerow([2, 0.25])
        Path("config.json").write_text(json.dumps({"lr": 0.1}))
        logger = logging.getLogger("train")
        logger.addHandler(logging.FileHandler("train.log"))
        logger.addHandler(logging.handlers.RotatingFileHandler("turn.log", "w", 20, 2))
        for epoch in range(4):
            logger.warning("epoch %d is done", epoch)
        return (
            Path("log.csv").read_bytes(),
            json.loads(Path("config.json").read_text()),
            Path("train.log").read_text(),
            sorted(glob.glob("turn.log*")),
        )

    text, _, _, turned = stage.both(script)
    assert text == b"epoch,loss\n1,0.5\r\n2,0.25\r\n"
    assert len(turned) == 3


def test_archives(stage: Stage) -> None:
    def script() -> Any:
        with zipfile.ZipFile("all.zip", "w") as archive:
            archive.write("data/one.txt")
            archive.writestr("deep/er/new.txt", "new")
        with zipfile.ZipFile("all.zip") as archive:
            archive.extractall("unzipped")
        with tarfile.open("all.tar.gz", "w:gz") as tar:
            tar.add("unzipped")
        with tarfile.open("all.tar.gz") as tar:
            tar.extractall("untarred")
        made = shutil.make_archive("made", "bztar", "data")
        found = sorted(str(p) for p in Path("untarred").rglob("*"))
        return found, Path("unzipped/deep/er/new.txt").read_text(), os.path.basename(made)

    assert stage.both(script)[0][-1] == "untarred/unzipped/deep/er/new.txt"


def test_temporary_files_anywhere(stage: Stage) -> None:
    def script() -> Any:
        with tempfile.NamedTemporaryFile("w+", dir=".") as named:
            named.write("x")
            named.flush()
            there = os.path.exists(named.name), Path(named.name).read_text()
        after = os.path.exists(named.name)
        with tempfile.TemporaryFile(dir="data") as nameless:
            nameless.write(b"y")
        with tempfile.TemporaryDirectory(dir="data") as folder:
            Path(folder, "z").write_text("z")
            inside = os.listdir(folder)
        with tempfile.TemporaryDirectory() as folder:  # in scratch: left alone
            Path(folder, "kept.txt").write_text("kept")
            shutil.move(f"{folder}/kept.txt", "kept.txt")
        return there, after, inside, sorted(os.listdir(".")), sorted(os.listdir("data"))

    there, after, inside, names, data = stage.both(script)
    assert (there, after, inside) == ((True, "x"), False, ["z"])
    assert names == ["data", "kept.txt", "log.csv"]
    assert data == ["one.txt", "two.txt"]
