"""Data sets, loaders and their workers."""

from __future__ import annotations

import re

from whytorch.findings.crashes.answer import Answer, Kind
from whytorch.findings.crashes.scene import Scene, called, short


def worker_died(scene: Scene, match: re.Match[str]) -> Answer | None:
    memory = re.search(r"shared memory|Bus error|[Kk]illed", scene.crash.message)
    if memory:
        return Answer(
            "a worker of the DataLoader was killed: memory ran out",
            "write num_workers=0 or fewer workers (in Docker: --shm-size=8g)",
            scene.place,
        )
    return Answer(
        "a worker of the DataLoader ended without telling why",
        "write num_workers=0 once: then the real error is shown",
        scene.place,
    )


def bootstrapping(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "each worker starts by running the whole script again",
        'put all but imports, functions and classes under if __name__ == "__main__":, or '
        "write num_workers=0",
        scene.place,
    )


def pickling(scene: Scene, match: re.Match[str]) -> Answer | None:
    message = scene.crash.message
    name = re.search(r"local object '?<?(?:function )?([\w.<>]+)", message)
    full = name.group(1) if name else ""
    last = full.rpartition(".")[2]
    if "<lambda>" in message:
        return Answer(
            "a lambda can't be sent to another process",
            "write a def at the top of the file instead of the lambda, or num_workers=0",
            scene.place,
        )
    if last and last[:1].isalpha():
        outer = full.partition(".<locals>")[0]
        return Answer(
            f"{last} is defined inside {outer} and can't be sent to another process",
            f"move {last} to the top level of the file, or write num_workers=0",
            scene.place,
        )
    what = re.search(r"cannot pickle '?([\w.]+)'? object", message)
    kind = what.group(1) if what else "an object"
    return Answer(
        f"{kind} can't be sent to another process (or saved)",
        "open files and generators inside __getitem__, not in __init__, or write num_workers=0",
        scene.place,
    )


def collate(scene: Scene, match: re.Match[str]) -> Answer | None:
    kind = match.group(1)
    if "PIL" in kind or "Image" in kind:
        return Answer(
            "the data set gives PIL images, which can't be put into a batch",
            "write transform=transforms.ToTensor() where it is made, and apply it in __getitem__",
            scene.place,
        )
    if kind == "NoneType":
        return Answer(
            "the data set gives None for a sample: __getitem__ returns nothing, or a "
            "transform does",
            "write return image, label at the end of __getitem__",
            scene.place,
        )
    return Answer(
        f"the data set gives {kind} objects, which can't be put into a batch",
        "give tensors, arrays or numbers in __getitem__, or write a collate_fn",
        scene.place,
    )


def unequal_lists(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "the samples of a batch are lists of unequal length",
        "pad them in a collate_fn: nn.utils.rnn.pad_sequence(..., batch_first=True)",
        scene.place,
    )


def empty(scene: Scene, match: re.Match[str]) -> Answer | None:
    call = next(scene.calls("DataLoader", "RandomSampler"), None)
    text = (short(call.args[0]) if call is not None and call.args else None) or "the data set"
    return Answer(
        f"{text} is empty: 0 samples",
        f"print(len({text})), and look at its path, filter or split"
        if call
        else "look at its path, filter or split",
        scene.place,
    )


def no_images(scene: Scene, match: re.Match[str]) -> Answer | None:
    text = scene.crash.message.strip().splitlines()[0]
    return Answer(
        text[:150].rstrip("."),
        "give the folder that holds one folder of images for each class",
        scene.place,
    )


def lengths(scene: Scene, match: re.Match[str]) -> Answer | None:
    given = scene.arguments("random_split")
    data = given[0] if given else "data"
    return Answer(
        f"the parts of random_split do not add up to len({data})",
        f"write n = int(0.8 * len({data})) and random_split({data}, [n, len({data}) - n])",
        scene.place,
    )


def before_tensor(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "a transform for tensors (such as Normalize) came before the image was one",
        "put transforms.ToTensor() before it in Compose",
        scene.place,
    )


def already_tensor(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        f"ToTensor (or ToPILImage) got something that is no PIL image or array: {match.group(1)}",
        "leave out ToTensor where the image is a tensor already",
        scene.place,
    )


def bytes_normalized(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        f"Normalize got {match.group(1)} images, but needs floats",
        "put transforms.ToTensor(), or transforms.ConvertImageDtype(torch.float32), before it",
        scene.place,
    )


def not_subscriptable(scene: Scene, match: re.Match[str]) -> Answer | None:
    text = scene.text
    loader = re.split(r"[\[(]", text)[0] if "[" in text else ""
    called_with = scene.arguments("next")
    loader = called_with[0] if called_with else loader or "loader"
    return Answer(
        f"{loader} is a DataLoader, which gives its batches in turn",
        f"write next(iter({loader}))",
        scene.place,
    )


def unpacked(scene: Scene, match: re.Match[str]) -> Answer | None:
    code = (scene.place.code if scene.place else None) or ""
    loop = re.match(r"\s*for\s+(.+?)\s+in\s+(.+?):", code)
    expected = re.search(r"expected (?:at least )?(\d+)", scene.crash.message)
    got = re.search(r"got (\d+)", scene.crash.message)
    names = expected.group(1) if expected else "the"
    if loop:
        target, of = loop.groups()
        count = got.group(1) if got else None
        many = f"gives {count} values" if count else "gives another number of values"
        if "enumerate" not in of and re.match(r"\w+\s*,\s*\(", target):
            return Answer(
                f"{of} {many}, not {names}", f"write for {target} in enumerate({of}):", scene.place
            )
        return Answer(
            f"each batch of {of} {many}, and {target} are {names} names",
            f"write for batch in {of}: and look at len(batch)",
            scene.place,
        )
    target = code.partition("=")[0].strip() or scene.text[:40]
    value = code.partition("=")[2].partition("#")[0].strip() or scene.text
    of = scene.tensor(value.removesuffix(".shape").removesuffix(".size()"))
    if of is not None and value.endswith((".shape", ".size()")):
        return Answer(
            f"{scene.described(of.name)} has {len(of.shape)} dimensions, not {names}",
            f"give it {names} dimensions (an image without its batch: unsqueeze(0)), or name "
            f"{len(of.shape)}",
            scene.place,
        )
    more = "more" if "too many" in scene.crash.message else "fewer"
    return Answer(
        f"{value[:60]} gives {more} values than {names} names take ({target[:40]})",
        "name as many as it gives",
        scene.place,
    )


def not_written(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "the data set has no __getitem__ (misspelled or indented wrongly?)",
        "write def __getitem__(self, index):",
        scene.place,
    )


def no_length(scene: Scene, match: re.Match[str]) -> Answer | None:
    kind = match.group(1)
    own = [
        c
        for c in (scene.source.classes if scene.source else ())
        if c.qualname.rpartition(".")[2] == kind
    ]
    if not own:
        return None
    return Answer(f"{kind} has no length", f"write def __len__(self): in {kind}", own[0].place)


def row_of_a_table(scene: Scene, match: re.Match[str]) -> Answer | None:
    """df[idx] where the index of a DataFrame is not 0, 1, 2 ... any more (after a split)."""
    if "pandas" not in scene.crash.traceback or not match.group(1).isdigit():
        return None
    return Answer(
        f"the table has no row (or column) named {match.group(1)}: after a split or filter "
        "the rows keep their old numbers",
        "write .iloc[index], or .reset_index(drop=True) after the split",
        scene.place,
    )


def shuffle_and_sampler(scene: Scene, match: re.Match[str]) -> Answer | None:
    return Answer(
        "the DataLoader got a sampler and shuffle=True, and the sampler decides alone",
        "leave out shuffle=True",
        scene.place,
    )


def not_downloaded(scene: Scene, match: re.Match[str]) -> Answer | None:
    named = (called(c) for c in scene.calls() if c.args or c.keywords)
    kind = next((n for n in named if not n.startswith("__")), "the data set")  # super().__init__
    return Answer(
        f"the files of {kind} are not in that folder",
        "write download=True, or give the folder they are in",
        scene.place,
    )


KINDS: tuple[Kind, ...] = (
    (r"DataLoader worker \(pid.*?\) (?:exited|is killed)", worker_died),
    (r"bootstrapping phase", bootstrapping),
    (r"[Cc]an't (?:pickle|get) (?:<|local)|[Cc]annot pickle|PicklingError", pickling),
    (r"batch must contain tensors.*; found <class '(?:[\w.]*\.)?([\w.]+)'>", collate),
    (r"each element in list of batch should be of equal size", unequal_lists),
    (r"num_samples should be a positive integer value, but got num_samples=0", empty),
    (r"Found 0 files in|Couldn't find any class folder", no_images),
    (r"Sum of input lengths does not equal", lengths),
    (
        r"img should be Tensor Image|ensor should be a torch tensor|Tensor is not a torch image",
        before_tensor,
    ),
    (r"pic should be (?:PIL Image|Tensor) or ndarray\. Got <class '([\w.]+)'>", already_tensor),
    (r"Input tensor should be a float tensor\. Got (?:torch\.)?(\w+)", bytes_normalized),
    (r"'\w*DataLoader' object is not (?:subscriptable|an iterator)", not_subscriptable),
    (r"too many values to unpack|not enough values to unpack", unpacked),
    (r"implement __getitem__|NotImplementedError: Subclasses of Dataset", not_written),
    (r"object of type '(\w+)' has no len\(\)", no_length),
    (r"KeyError: '?(\w+)'?", row_of_a_table),
    (r"sampler option is mutually exclusive with shuffle", shuffle_and_sampler),
    (r"Dataset not found(?: or corrupted)?\. You can use download=True", not_downloaded),
)
