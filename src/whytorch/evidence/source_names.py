"""Which dotted name an expression stands for: through imports, aliases and the project's files."""

from __future__ import annotations

import ast
import builtins
from bisect import bisect_right

from whytorch.evidence.source_scopes import Binding, Block, FileIndex, Scope

# What everybody calls these; used only where a fragment doesn't bind the name itself.
CONVENTIONS = {
    "torch": "torch",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "optim": "torch.optim",
    "torchvision": "torchvision",
    "transforms": "torchvision.transforms",
    "datasets": "torchvision.datasets",
    "DataLoader": "torch.utils.data.DataLoader",
    "TensorDataset": "torch.utils.data.TensorDataset",
    "random_split": "torch.utils.data.random_split",
    "Variable": "torch.autograd.Variable",
    "np": "numpy",
}
# To tell apart what came from where, when a file has several star imports.
_EXPORTS = {
    "torch.optim": "SGD Adam AdamW RMSprop Adagrad NAdam RAdam LBFGS lr_scheduler",
    "torch.utils.data": "DataLoader Dataset Subset TensorDataset ConcatDataset random_split "
    "WeightedRandomSampler RandomSampler SequentialSampler SubsetRandomSampler",
    "torchvision.transforms": "Compose ToTensor Normalize Resize RandomCrop CenterCrop Lambda "
    "RandomHorizontalFlip RandomRotation RandomResizedCrop ColorJitter ToPILImage Grayscale",
    "torchvision.datasets": "CIFAR10 CIFAR100 MNIST FashionMNIST ImageFolder SVHN STL10",
    "torch.nn.functional": "cross_entropy nll_loss mse_loss relu softmax log_softmax dropout "
    "max_pool2d avg_pool2d conv2d linear sigmoid tanh one_hot binary_cross_entropy",
}
_BUILTINS = frozenset(dir(builtins))
_LONGEST = 30  # hops; an alias may lead back to itself


class Names:
    """Resolves names in the files of one project."""

    def __init__(self, indexes: list[FileIndex]) -> None:
        self.modules = {name: index for index in indexes for name in index.file.modules}
        self._tops = {name.partition(".")[0] for name in self.modules}
        self._resolved: dict[tuple[Scope, str], str | None] = {}
        self._targets: dict[tuple[Block, ast.expr], str | None] = {}

    # --- one scope -----------------------------------------------------------------------

    def bindings(self, scope: Scope, name: str) -> list[Binding]:
        """Every place that binds `name` as seen from `scope`."""
        at: Scope | None = scope
        while at is not None:
            if at.kind != "class" or at is scope:
                found = at.elsewhere.get(name, at).bindings.get(name)
                if found:
                    return found
            at = at.parent
        return []

    def binding(self, block: Block, name: str, use: ast.AST) -> Binding | None:
        """The one binding that gives `name` its value at `use`; None if it may be several."""
        return choose(self.bindings(block.scope, name), block, use)

    # --- dotted names --------------------------------------------------------------------

    def dotted(self, block: Block, node: ast.expr) -> str:
        """The name as a `Call` shows it: resolved, or bare, or with a leading dot, or empty."""
        target = self.target(block, node)
        if target is not None:
            return target
        if isinstance(node, ast.Attribute):
            return f".{node.attr}"
        return node.id if isinstance(node, ast.Name) else ""

    def target(self, block: Block, node: ast.expr, hops: int = 0) -> str | None:
        """The dotted name of a module, class or function; None for any other object."""
        if hops:
            return self._target(block, node, hops)
        key = (block, node)
        if key not in self._targets:
            self._targets[key] = self._target(block, node, hops)
        return self._targets[key]

    def _target(self, block: Block, node: ast.expr, hops: int) -> str | None:
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        base = self._base(block, node, hops)
        if base is None or not attributes:
            return base
        return self.canonical(".".join([base, *reversed(attributes)]), hops)

    def _base(self, block: Block, node: ast.Name, hops: int) -> str | None:
        bindings = self.bindings(block.scope, node.id)
        if len(bindings) > 1:
            return self._bound(choose(bindings, block, node) or _named(bindings), hops)
        key = (block.scope, node.id)
        if key not in self._resolved:
            self._resolved[key] = None  # an alias that leads back here ends here
            bound = self._bound(bindings[0], hops) if bindings else None
            self._resolved[key] = bound if bindings else self._unbound(block.scope.index, node.id)
        return self._resolved[key]

    def _bound(self, binding: Binding | None, hops: int) -> str | None:
        if binding is None or hops > _LONGEST:
            return None
        if binding.kind == "import":
            return self.canonical(binding.value, hops)
        if binding.kind in ("def", "class"):
            return str(binding.value.name)
        if binding.kind == "value" and isinstance(binding.value, (ast.Name, ast.Attribute)):
            return self.target(binding.block, binding.value, hops + 1)
        return None

    def _unbound(self, index: FileIndex, name: str) -> str | None:
        starred = self._starred(index, name)
        if starred is not None:
            return self.canonical(starred)
        return name if name in _BUILTINS else CONVENTIONS.get(name)

    def _starred(
        self, index: FileIndex, name: str, seen: frozenset[FileIndex] = frozenset()
    ) -> str | None:
        """The name with the module whose star import brings it, as far as one can tell."""
        outside: list[str] = []
        around = seen | {index}
        for star in reversed(index.stars):
            own = self.modules.get(star)
            if own is None:
                outside.append(star)
            elif own not in around and not name.startswith("_"):
                if name in own.scope.bindings or self._starred(own, name, around):
                    return f"{star}.{name}"
        if name in _BUILTINS or name in CONVENTIONS:
            return None
        known = [star for star in outside if name in _EXPORTS.get(star, "").split()]
        if not known and len(outside) > 1 and name[:1].isupper():
            known = [star for star in outside if star == "torch.nn"]
        known = known or (outside if len(outside) == 1 and not seen else [])
        return f"{known[0]}.{name}" if known else None

    # --- across files --------------------------------------------------------------------

    def canonical(self, dotted: str, hops: int = 0) -> str:
        """Where the project itself defines or imports what `dotted` names."""
        for _ in range(_LONGEST):
            index, rest = self._split(dotted)
            if index is None or not rest:
                return dotted
            found = index.scope.bindings.get(rest[0])
            if not found:
                starred = self._starred(index, rest[0])
                if starred is None or starred == dotted:
                    return dotted
                dotted = ".".join([starred, *rest[1:]])
                continue
            binding = found[-1] if len(found) == 1 else _named(found)
            if binding is None or binding.kind not in ("import", "def", "class"):
                base = self._bound(binding, hops + 1)
                return ".".join([base, *rest[1:]]) if base else dotted
            if binding.kind != "import":
                return ".".join([str(binding.value.name), *rest[1:]])
            if binding.value == dotted:
                return dotted
            dotted = ".".join([binding.value, *rest[1:]])
        return dotted

    def definition(self, dotted: str) -> Binding | None:
        """The binding in one of the project's modules that `dotted` names."""
        index, rest = self._split(dotted)
        if index is None or len(rest) != 1:
            return None
        found = index.scope.bindings.get(rest[0], [])
        return found[0] if len(found) == 1 else None

    def _split(self, dotted: str) -> tuple[FileIndex | None, list[str]]:
        parts = dotted.split(".")
        if parts[0] in self._tops:
            for length in range(len(parts), 0, -1):
                index = self.modules.get(".".join(parts[:length]))
                if index is not None:
                    return index, parts[length:]
        return None, []


def choose(bindings: list[Binding], block: Block, use: ast.AST) -> Binding | None:
    """The binding whose value a use sees, whatever way the script takes; None if unsure."""
    if len(bindings) <= 1:
        return bindings[0] if bindings else None
    position = (getattr(use, "lineno", 0), getattr(use, "col_offset", 0))
    before = bisect_right(bindings, position, key=lambda binding: binding.end)
    if not before:
        return None
    last = bindings[before - 1]
    at: Block | None = block
    while at is not last.block:  # is it passed on every way to the use?
        if at is None:
            return None
        at = at.parent
    if block.loops != last.block.loops:  # a loop may lead back to the use from what comes later
        back = set(block.loops) - set(last.block.loops)
        if any(not back.isdisjoint(other.block.loops) for other in bindings[before:]):
            return None
    return last


def _named(bindings: list[Binding]) -> Binding | None:
    """Of several (try: import a; except: a = None), the one that names a module or class."""
    kinds = ("import", "class", "def")
    return next((b for kind in kinds for b in bindings if b.kind == kind), None)


class CallTable:
    """All calls of the project with their resolved names, in the order of the source."""

    def __init__(self, names: Names, indexes: list[FileIndex]) -> None:
        self.calls = [call for index in indexes for call in index.calls]
        self.names = [names.dotted(block, node.func) for node, block in self.calls]
        self._by_name: dict[str, list[int]] = {}
        self._by_last: dict[str, list[int]] = {}
        for position, name in enumerate(self.names):
            self._by_name.setdefault(name, []).append(position)
            self._by_last.setdefault(name.rpartition(".")[2], []).append(position)

    def named(self, name: str) -> list[int]:
        """Positions of the calls of this name; "*.Linear": of every name that ends so."""
        if name.startswith("*."):
            return self._by_last.get(name[2:], [])
        return self._by_name.get(name, [])
