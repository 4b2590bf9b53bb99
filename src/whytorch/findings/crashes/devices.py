"""Tensors and weights on two devices, devices that are not there, and memory that ran out."""

from __future__ import annotations

import re

from whytorch.findings.crashes.answer import Answer, Kind
from whytorch.findings.crashes.scene import Scene, called, grouped, short

_AVAILABLE = 'device = "cuda" if torch.cuda.is_available() else "cpu"'


def two_devices(scene: Scene, match: re.Match[str]) -> Answer | None:
    layer = scene.layer
    if layer is not None and layer.weight_device and layer.in_devices:
        given, weights = layer.in_devices[0], layer.weight_device
        if given != weights:
            return _layer(scene, given, weights)
        odd = [d for d in layer.in_devices if d != weights]
        if odd:
            return _layer(scene, odd[0], weights)
        if "weight type" in scene.crash.message:
            return None  # one device, two types
    known = scene.mentioned() or list(scene.crash.tensors)
    odd_one = next((t for t in known if t.device == "cpu"), None)
    other = next((t for t in known if t.device != "cpu"), None)
    to = _device(scene, other.device if other else "cuda")
    if odd_one is None:
        where = (
            " and ".join(
                dict.fromkeys(
                    re.findall(r"cuda(?::\d+)?|cpu|mps(?::\d+)?|meta", scene.crash.message)
                )
            )
            or "two devices"
        )
        return Answer(
            f"tensors of one operation are on {where}",
            f"write .to({to}) for each of them, also for tensors made in forward",
            scene.place,
        )
    beside = f", {other.name} on {other.device}" if other else ""
    return Answer(
        f"{odd_one.name} is on cpu{beside}", f"write {odd_one.name}.to({to})", scene.place
    )


def _layer(scene: Scene, given: str, weights: str) -> Answer:
    layer = scene.layer
    assert layer is not None
    place, call = scene.network_call()
    inputs = short(call.args[0]) if call is not None else None
    name = scene.layer_name(layer)
    entered = scene.crash.layers[0].in_devices
    if weights == "cpu":
        model = called(call) if call is not None else "model"
        return Answer(
            f"{inputs or 'the input'} is on {given}, but the weights of {name} are on cpu",
            f"write {model} = {model}.to({_device(scene, given)}) before the optimizer is made",
            place,
        )
    if entered and entered[0] != given:
        inner = next((c for c in scene.calls() if c.args), None)
        inputs, place = (short(inner.args[0]) if inner is not None else None), scene.place
    text = inputs or "inputs"
    return Answer(
        f"{text} is on {given}, but the weights of {name} are on {weights}",
        f"write {grouped(text)}.to({_device(scene, weights)}), and keep what it returns",
        place,
    )


def _device(scene: Scene, kind: str) -> str:
    """The user's name for the device, if there is one."""
    for name in ("device", "DEVICE", "self.device", "dev"):
        if scene.uses(name):
            return name
    return f'"{kind.partition(":")[0]}"'


def no_cuda(scene: Scene, match: re.Match[str]) -> Answer | None:
    call = next(scene.calls("cuda", "to"), None)
    moved = scene.receiver("cuda", "to")
    write = f"write {_AVAILABLE}"
    if call is not None and moved is not None:
        write += f", and {moved}.to(device)"
    return Answer("this machine has no GPU that torch can use", write, scene.place)


def no_such_gpu(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "the script asks for a GPU number that this machine does not have",
        'write "cuda" instead of a number, or one below torch.cuda.device_count()',
        scene.place,
    )


def saved_on_gpu(scene: Scene, match: re.Match[str]) -> Answer | None:
    what = next(iter(scene.arguments("load")), "path")
    return Answer(
        "the file was saved on a GPU, and this machine has none",
        f'write torch.load({what}, map_location="cpu")',
        scene.place,
    )


def out_of_memory(scene: Scene, match: re.Match[str]) -> Answer | None:
    tried = re.search(r"Tried to allocate ([\d.]+ \w+)", scene.crash.message)
    sizes = [x.batch_size for x in scene.data.loaders if x.batch_size]
    batch = max(sizes, default=0)
    write = (
        f"write batch_size={max(1, batch // 2)} instead of {batch}"
        if batch > 1
        else ("give fewer or smaller images at once")
    )
    if scene.run.steps == 0 or scene.crash.during in ("forward", "backward"):
        write += ", or .item() where losses are summed" if scene.run.steps > 20 else ""
    else:
        write += ", with torch.no_grad() around evaluation"
    more = f" ({tried.group(1)} more)" if tried else ""
    when = f" after {scene.run.steps} steps" if scene.run.steps else ""
    return Answer(f"the GPU's memory is full{when}{more}", write, scene.place)


def out_of_ram(scene: Scene, match: re.Match[str]) -> Answer | None:
    size = int(match.group(1)) / 2**30
    return Answer(
        f"one tensor would take {size:.1f} GiB",
        "give fewer samples at once, or pool before the linear layer",
        scene.place,
    )


def device_side_assert(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "an index was out of range on the GPU (a label beyond the outputs, or a token beyond the "
        "embedding); the line is where torch noticed",
        "run once on the CPU to see the line itself, and compare labels.max() with the outputs",
        scene.place,
        certain=False,
    )


KINDS: tuple[Kind, ...] = (
    (r"CUDA out of memory|OutOfMemoryError|MPS backend out of memory", out_of_memory),
    (r"can't allocate memory: you tried to allocate (\d+) bytes", out_of_ram),
    (r"deserialize object on a? ?CUDA", saved_on_gpu),
    (r"not compiled with CUDA|no NVIDIA driver|No CUDA GPUs|no CUDA-capable device", no_cuda),
    (r"invalid device ordinal", no_such_gpu),
    (
        r"on the same device|not on the expected device|is on cpu, but expected|torch\.cuda\.\w+\)",
        two_devices,
    ),
    (r"device-side assert", device_side_assert),
)
