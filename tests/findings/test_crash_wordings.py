"""The words by which other versions of torch, and GPUs, tell the same crash."""

from __future__ import annotations

from typing import Any

import pytest

from whytorch.evidence.facts import (
    CrashFacts,
    DataFlow,
    DatasetFacts,
    LayerAtCrash,
    LoaderFacts,
    LossCalls,
    LossSite,
    Run,
    TensorAtCrash,
)
from whytorch.findings import crashes
from whytorch.records import Place

HERE = Place("train.py", 7, code="    outputs = model(images)")
FRAME = {"frames": (HERE,), "functions": ("<module>",), "during": "forward"}


def told(message: str, type: str = "RuntimeError", **more: Any) -> str:
    evidence = more.pop("evidence", {})
    about: dict[str, Any] = {**FRAME, "expressions": ("model(images)",), **more}
    crash = CrashFacts(type, message, **about)
    found = crashes.answer({Run: Run("crashed", crash=crash), **evidence})
    assert found is not None, message
    return f"{found.happened}: {found.write}"


def layer(**more: Any) -> LayerAtCrash:
    facts: dict[str, Any] = {
        "name": "conv1", "kind": "Conv2d", "place": Place("train.py", 3), "settings": {},
        "in_shapes": ((4, 3, 8, 8),), "in_dtypes": ("float32",), "in_devices": ("cpu",),
        "weight_dtype": "float32", "weight_device": "cpu",
    }  # fmt: skip
    return LayerAtCrash(**{**facts, **more})


@pytest.mark.parametrize(
    "message",
    [
        "Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be the same"
        " or input should be a MKLDNN tensor and weight is a dense tensor",
        "Expected all tensors to be on the same device, but found at least two devices, cpu and "
        "cuda:0! (when checking argument for argument mat1 in method wrapper_CUDA_addmm)",
        "Tensor on device cpu is not on the expected device cuda:0!",
    ],
)
def test_images_that_stayed_on_the_cpu(message: str) -> None:
    answer = told(message, layers=(layer(weight_device="cuda:0"),))
    assert 'images.to("cuda")' in answer


def test_a_network_that_stayed_on_the_cpu() -> None:
    message = "Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) should be "
    answer = told(message + "the same", layers=(layer(in_devices=("cuda:0",)),))
    assert 'model = model.to("cuda")' in answer


def test_two_tensors_on_two_devices() -> None:
    one = TensorAtCrash("outputs", (4, 2), "float32", "cuda:0")
    other = TensorAtCrash("labels", (4,), "int64", "cpu")
    message = "Expected all tensors to be on the same device, but found at least two devices, "
    text = "criterion(outputs, labels)"
    answer = told(message + "cuda:0 and cpu!", tensors=(one, other), expressions=(text,))
    assert answer.startswith("labels is on cpu, outputs on cuda:0")
    assert 'labels.to("cuda")' in answer


@pytest.mark.parametrize(
    "message",
    [
        "expected scalar type Float but found Double",
        "mat1 and mat2 must have the same dtype",
        "mat1 and mat2 must have the same dtype, but got Double and Float",
        "expected m1 and m2 to have the same dtype, but got: double != float",
        "Input type (double) and bias type (float) should be the same",
        "Input type (torch.cuda.DoubleTensor) and weight type (torch.cuda.FloatTensor) should be "
        "the same",
    ],
)
def test_doubles_into_floats(message: str) -> None:
    answer = told(message, layers=(layer(in_dtypes=("float64",)),))
    assert answer == "images is float64, but conv1 has float32 weights: write model(images.float())"


@pytest.mark.parametrize("word", ["Double", "Long"])
def test_targets_of_another_type_stop_only_the_backward(word: str) -> None:
    site = LossSite(
        "mse_loss", HERE, "train", 1, input_shape=(4, 1), input_dtype="float32",
        target_shape=(4, 1), target_dtype={"Double": "float64", "Long": "int64"}[word],
    )  # fmt: skip
    message = f"Found dtype {word} but expected Float"
    answer = told(message, during="backward", evidence={LossCalls: LossCalls((site,))})
    assert "write labels.float()" in answer


def loader(batch: int) -> DataFlow:
    data = DatasetFacts("Set", None, 1000)
    return DataFlow((LoaderFacts(0, None, data, batch, None, False, False, 0, 10),))


@pytest.mark.parametrize("type", ["OutOfMemoryError", "RuntimeError"])
def test_a_full_gpu(type: str) -> None:
    message = "CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 7.79 GiB total capacity; ..."
    answer = told(message, type, evidence={DataFlow: loader(256)})
    assert "write batch_size=128 instead of 256" in answer
    assert "2.00 GiB more" in answer


@pytest.mark.parametrize(
    ("type", "message", "words"),
    [
        ("AssertionError", "Torch not compiled with CUDA enabled", "is_available()"),
        ("RuntimeError", "No CUDA GPUs are available", "is_available()"),
        ("RuntimeError", "Attempting to deserialize object on a CUDA device but "
         "torch.cuda.is_available() is False.", 'map_location="cpu"'),
        ("RuntimeError", "CUDA error: device-side assert triggered", "run once on the CPU"),
        ("RuntimeError", "CUDA error: invalid device ordinal", "device_count()"),
        ("TypeError", "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy "
         "the tensor to host memory first.", ".detach().cpu().numpy()"),
        ("RuntimeError", "DataLoader worker (pid 77) is killed by signal: Bus error. It is "
         "possible that dataloader's workers are out of shared memory.", "num_workers=0"),
        ("RuntimeError", "An attempt has been made to start a new process before the current "
         "process has finished its bootstrapping phase.", 'if __name__ == "__main__":'),
        ("AttributeError", "Can't get local object 'main.<locals>.<lambda>'", "a def"),
        ("PicklingError", "Can't pickle local object <function main.<locals>.work at 0x7>", "work"),
        ("ValueError", "Expected input batch_size (4) to match target batch_size (8).", None),
        ("ModuleNotFoundError", "No module named 'cv2'", "pip install opencv-python"),
        ("ModuleNotFoundError", "No module named 'sklearn'", "pip install scikit-learn"),
        ("NameError", "name 'np' is not defined", "import numpy as np"),
        ("RuntimeError", "The size of tensor a (3) must match the size of tensor b (4) at "
         "non-singleton dimension 1", None),
    ],
)  # fmt: skip
def test_other_words(type: str, message: str, words: str | None) -> None:
    crash = CrashFacts(type, message, (HERE,), ("<module>",), "other", expressions=("f(x)",))
    found = crashes.answer({Run: Run("crashed", crash=crash)})
    if words is None:
        assert found is None  # nothing is known of the shapes: the message stands for itself
    else:
        assert found is not None and words in found.write


def test_a_broken_answer_does_not_lose_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WHYTORCH_RAISE", raising=False)

    def broken(*_: Any) -> None:
        raise KeyError("x")

    monkeypatch.setattr(crashes, "_KINDS", (("Error", broken),))
    crash = CrashFacts("KeyError", "'x'", (HERE,), ("<module>",), "other")
    assert crashes.answer({Run: Run("crashed", crash=crash)}) is None


def test_where_python_names_no_expression_the_line_serves() -> None:
    code = "        x = x.permute(0, 2, 1).view(len(x), -1)  # flat"
    crash = CrashFacts(
        "RuntimeError", "view size is not compatible with input tensor's size and stride",
        (Place("train.py", 9, code=code),), ("forward",), "forward", expressions=("",),
    )  # fmt: skip
    found = crashes.answer({Run: Run("crashed", crash=crash)})
    assert found is not None
    assert found.write == "write x.permute(0, 2, 1).reshape(len(x), -1)"
