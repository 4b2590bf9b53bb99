"""The layers of each network as they are executed: order, shapes, settings, size of the signal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from numbers import Real
from typing import Any
from weakref import ref

from torch import Tensor, nn
from torch.utils.weak import WeakIdKeyDictionary

from whytorch.evidence.recorder.modules import Call, Group
from whytorch.evidence.recorder.patches import Patches, harmless
from whytorch.evidence.recorder.places import place_of, user_frame
from whytorch.evidence.recorder.sequences import Sequences
from whytorch.evidence.recorder.tensors import Pool, mean_std, order_kept, shape, tensors_in
from whytorch.evidence.recorder.tokens import cut_across

_MOST_TOKENS = 5  # calls whose tokens are compared with the image
_SETTINGS = (
    "in_features", "out_features", "in_channels", "out_channels", "kernel_size", "stride",
    "padding", "dilation", "groups", "num_features", "num_channels", "num_groups",
    "normalized_shape", "eps", "momentum", "track_running_stats", "affine", "p", "dim", "inplace",
    "output_size", "negative_slope", "start_dim", "end_dim", "ceil_mode", "hidden_size",
    "batch_first",
)  # fmt: skip
_NORMS = ("BatchNorm", "LayerNorm", "GroupNorm", "InstanceNorm")


def kind_of(module: nn.Module) -> str:
    return type(module).__name__


def settings_of(module: nn.Module) -> dict[str, Any]:
    """The settings that torch's own layers show as attributes, plain values only."""
    found: dict[str, Any] = {}
    for name in _SETTINGS:
        value = getattr(module, name, None)
        if isinstance(value, (Real, str)):  # NumPy's numbers, too: Linear(64, labels.max() + 1)
            found[name] = value
        elif isinstance(value, tuple) and all(isinstance(v, Real) for v in value):
            found[name] = list(value)
    if "in_features" in found or "in_channels" in found:
        found["bias"] = getattr(module, "bias", None) is not None
    return found


class Layers:
    """Looks at the module calls inside a root call that is looked at closely."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._names: WeakIdKeyDictionary[nn.Module, dict[int, str]] = WeakIdKeyDictionary()
        self._tokens_seen: dict[int, int] = {}  # calls of a network whose tokens were looked at
        self._layers: dict[int, dict[str, dict[str, Any]]] = {}  # group -> name -> facts
        self._modules: dict[tuple[int, str], ref[nn.Module]] = {}
        # Names of layers that their network does not know.
        self._strays: WeakIdKeyDictionary[nn.Module, str] = WeakIdKeyDictionary()
        self._stray_sizes: dict[str, list[Any]] = {}
        self.sequences = Sequences()
        # Lines that make layers in forward -> serials of the calls in which they did.
        self._fresh: dict[tuple[int, Any], set[int]] = {}

    def install(self, patches: Patches) -> None:
        """Nothing to patch: `Modules` calls in here."""

    def name_in(self, root: nn.Module, module: nn.Module) -> str:
        """The module's name in the network; "?..." when the network does not know it."""
        names = self._names.get(root)
        if module in self._strays:
            return self._strays[module]
        if names is None or id(module) not in names:
            names = self._names[root] = {id(m): n for n, m in root.named_modules()}
        name = names.get(id(module))
        return self._stray_name(module) if name is None else name

    def _stray_name(self, module: nn.Module) -> str:
        """ "?Linear@12", then "?Linear@12#2"; layers that a forward makes anew at one line share
        a name if they have the same size."""
        modules = self.recorder.modules
        name = f"?{kind_of(module)}@{(modules.made.get(module) or {}).get('line', '')}"
        known = self._stray_sizes.setdefault(name, [])
        size = [tuple(p.shape) for p in module.parameters()]
        fresh = module in modules.made_inside
        if not fresh or size not in known:
            known.append(size)
        number = known.index(size) + 1 if fresh else len(known)
        name = f"{name}#{number}" if number > 1 else name
        if not fresh:
            self._strays[module] = name
        return name

    @harmless
    def begin(self, call: Call) -> None:
        call.layers = []

    @harmless
    def called(self, call: Call, module: nn.Module, args: Any, output: Any, order: int) -> None:
        own = list(module.parameters(recurse=False))
        if not own and next(module.children(), None) is not None:
            return  # containers: their parts are recorded
        name = self.name_in(call.root, module)
        out = next(tensors_in(output), None)
        facts = self._facts(call.group, name, module)
        facts["calls"] += 1
        given = next(tensors_in(args), None)
        if given is not None:
            facts["in_shape"] = shape(given)
            self.sequences.called(call, module, given, facts)
            if own and call.layer_pool is None and given.is_floating_point():
                self._first_layer(call, name, given)
        if facts["order"] < 0:
            facts["order"] = len(self._layers[call.group.index])
            facts["call_place"] = place_of(user_frame(sys._getframe(2)))
        self._made_in_forward(call, module, facts)
        if out is not None:
            facts["out_shape"] = shape(out)
            if out.grad_fn is not None:
                call.graph[name] = out.grad_fn
            if (own or "ReLU" in facts["kind"]) and out.is_floating_point() and out.numel():
                self._signal(call, facts, out)

    def _facts(self, group: Group, name: str, module: nn.Module) -> dict[str, Any]:
        layers = self._layers.setdefault(group.index, {})
        if name not in layers:
            layers[name] = {
                "name": name,
                "order": -1,
                "calls": 0,
                "registered": not name.startswith("?"),
                "created_in_forward": False,
                **self._made(module),
            }
            self._modules[group.index, name] = ref(module)
            if name.startswith("?"):
                self.recorder.parameters.stray(group, name, module)
        elif self._modules[group.index, name]() is not module:  # replaced, or of a new model
            layers[name].update(self._made(module))
            self._modules[group.index, name] = ref(module)
        return layers[name]

    def _made(self, module: nn.Module) -> dict[str, Any]:
        modules = self.recorder.modules
        return {
            "kind": kind_of(module),
            "place": modules.made.get(module) or None,
            "settings": settings_of(module),
            "from_library": module in modules.from_library,
        }

    def _first_layer(self, call: Call, name: str, given: Tensor) -> None:
        call.layer_pool = Pool()
        call.layer_pool.add(given)
        if call.group.order_kept is None and call.input is not None:
            if given.ndim != 3:
                call.group.order_kept = order_kept(call.input, given)
            elif self._tokens_seen.setdefault(call.group.index, 0) < _MOST_TOKENS:
                self._tokens_seen[call.group.index] += 1
                call.group.order_kept = cut_across(call.input, given)
        call.group.first_layer = call.group.first_layer or name

    def _made_in_forward(self, call: Call, module: nn.Module, facts: dict[str, Any]) -> None:
        made = self.recorder.modules.made_inside.get(module)
        if made != call.serial:
            return
        where = self.recorder.modules.made.get(module) or {}
        serials = self._fresh.setdefault((call.group.index, where.get("line")), set())
        serials.add(call.serial)
        if len(serials) > 1:  # once may be a lazy build
            facts["created_in_forward"] = True
            facts["place"] = where or facts["place"]

    def _signal(self, call: Call, facts: dict[str, Any], out: Tensor) -> None:
        mean, std = mean_std(out)
        if "out_std" not in facts:
            facts["out_mean"], facts["out_std"] = mean, std
        facts["out_std_last"] = std
        if call.grad:
            self.recorder.traces.add("activation", call.group.index, facts["name"], std)

    @harmless
    def reached(self, call: Call, nodes: set[Any]) -> None:
        """After a walk over the graph of the loss: whose outputs are in it."""
        layers = self._layers.get(call.group.index, {})
        for name, node in call.graph.items():
            if name in layers:
                facts = layers[name]
                facts["output_reaches_loss"] = facts.get("output_reaches_loss") or node in nodes

    def first_layer(self, group: Group) -> dict[str, Any]:
        """Name and kind of the first layer with weights, and the norm layer right behind it."""
        name = group.first_layer
        layers = self._layers.get(group.index, {})
        facts = layers.get(name) if name is not None else None
        if facts is None:
            return {}
        order = sorted(layers.values(), key=lambda f: f["order"])
        after = order[order.index(facts) + 1 :][:1]
        norm = after[0]["kind"] if after and after[0]["kind"].startswith(_NORMS) else None
        return {"name": name, "kind": facts["kind"], "normalized_by": norm}

    def weighted(self, group: Group) -> set[str]:
        """Names of the linear and convolutional layers seen."""
        layers = self._layers.get(group.index, {})
        wide = ("in_features", "in_channels")
        return {n for n, f in layers.items() if any(w in f["settings"] for w in wide)}

    def snapshot(self, final: bool) -> Iterator[tuple[str, str, Any]]:
        group = self.recorder.modules.main_group()
        if group is None:
            return
        parameters = self.recorder.parameters
        if final:
            parameters.last_look()
        root = group.root()
        now = dict(root.named_modules()) if root is not None else {}
        for name, facts in list(self._layers.get(group.index, {}).items())[:2000]:
            known = parameters.of(group, name)
            if self._replaced(group, name, now.get(name), known):
                facts.update(self._made(now[name]))
            yield "layer", name, {**facts, "parameters": known}
        yield from parameters.silent_layers(group, set(self._layers.get(group.index, {})))

    def _replaced(self, group: Group, name: str, module: Any, known: list[dict[str, Any]]) -> bool:
        """Whether it is another module since the last look, whose parameters were looked at."""
        if module is None or self._modules[group.index, name]() is module:
            return False
        shapes = {f"{name}.{n}": list(p.shape) for n, p in module.named_parameters(recurse=False)}
        return bool(known) and all(shapes.get(f["name"]) == list(f["shape"]) for f in known)
