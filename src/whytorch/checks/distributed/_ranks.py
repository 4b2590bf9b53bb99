"""What the source says about samplers, wrapped networks and what ranks tell each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from whytorch.evidence.source import Source
from whytorch.evidence.source_around import Spot, dotted, inside

SAMPLER = ("torch.utils.data.distributed.DistributedSampler", "DistributedSampler",
           "torch.utils.data.DistributedSampler", "torch.utils.data.distributed.DistributedSampler",
           "data.distributed.DistributedSampler")  # fmt: skip
WRAPPER = ("*.DistributedDataParallel", "DistributedDataParallel", "*.DDP", "DDP")
# They set the epoch, exchange the figures or wrap the network themselves.
_FRAMEWORKS = (
    "accelerate", "lightning", "pytorch_lightning", "transformers", "deepspeed", "ignite",
    "composer", "fastai", "horovod", "ray", "catalyst", "mmcv", "mmengine", "detectron2",
    "torchmetrics", "fairscale", "colossalai", "torch_xla", "smdistributed",
)  # fmt: skip
_TELLING = (
    "all_reduce", "reduce", "all_gather", "gather", "all_gather_object", "gather_object",
    "all_gather_into_tensor", "reduce_dict", "reduce_tensor", "synchronize_between_processes",
    "all_reduce_mean", "reduce_mean", "reduce_value", "concat_all_gather", "distributed_concat",
    "gather_for_metrics", "reduce_loss_dict", "all_gather_list",
)  # fmt: skip

_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef)


def framework(source: Source) -> bool:
    """Whether a library takes care of several processes itself."""
    return any(source.imports(name) for name in _FRAMEWORKS)


def tells(source: Source) -> bool:
    """Whether ranks exchange anything by a call that can be seen."""
    return any(source.around.has(f"*.{name}", name) for name in _TELLING)


def samplers(source: Source) -> list[Spot]:
    """Constructions of torch's DistributedSampler."""
    return [s for s in source.around.calls("*.DistributedSampler", "DistributedSampler")
            if s.name in SAMPLER]  # fmt: skip


def is_constant(spot: Spot, argument: str, value: object) -> bool:
    for keyword in spot.call.keywords:
        if keyword.arg == argument and isinstance(keyword.value, ast.Constant):
            return keyword.value.value is value
    return False


def loader_of(spot: Spot, source: Source) -> Spot | None:
    """The DataLoader call that is given this sampler in the same function."""
    statement = spot.statement()
    names = [dotted(t) for t in getattr(statement, "targets", [])]
    for call in source.around.calls("*.DataLoader", "DataLoader"):
        if call.function() is not spot.function():
            continue
        for keyword in call.call.keywords:
            direct = keyword.value is spot.node or any(
                n is spot.node for n in ast.walk(keyword.value)
            )
            named = dotted(keyword.value) in names or any(
                dotted(n) in names for n in ast.walk(keyword.value) if isinstance(n, ast.Name)
            )
            if keyword.arg == "sampler" and (direct or named):
                return call
    return None


def loops_over(loader: Spot, source: Source) -> Iterator[ast.For]:
    """The loops that draw from a loader, in its function or in one it is given to."""
    names = [dotted(t) for t in getattr(loader.statement(), "targets", [])]
    for index in source.around.project.indexes:
        for node, block in index.loops:
            if not isinstance(node, ast.For):
                continue
            over = unwrapped(node.iter)
            if loader.index is index and dotted(over) in names and names:
                yield node
                continue
            made = source.around.project.flow.trace(block, over).node
            if made is loader.node:
                yield node


def unwrapped(over: ast.expr) -> ast.expr:
    """`loader` in enumerate(tqdm(loader))."""
    while isinstance(over, ast.Call) and over.args:
        if dotted(over.func).rpartition(".")[2] not in (
            "enumerate",
            "tqdm",
            "track",
            "trange",
            "zip",
        ):
            break
        over = over.args[0]
    return over


def trains(loop: ast.AST, source: Source) -> bool:
    """Whether a step of the loop goes backward, itself or in what it calls: `self.batch(x, y)`."""
    bodies: list[ast.AST] = [loop]
    known: set[str] = set()
    for body in bodies:  # it grows by what the bodies call
        called = {_last_name(n) for n in inside(body) if isinstance(n, ast.Call)}
        if "backward" in called:
            return True
        bodies += [f for name in called - known for f in _functions(name, source)]
        known |= called
    return False


def _last_name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _functions(name: str, source: Source) -> list[ast.AST]:
    trees = (source.around.tree(index) for index in source.around.project.indexes)
    defined = (n for t in trees for n in t.parents if isinstance(n, _DEFINED))
    return [n for n in defined if n.name == name]
