"""What the user calls the parts of the training loop, read off the lines that were seen running."""

from __future__ import annotations

import ast
import re

from whytorch.checks._rewriting import statement
from whytorch.evidence.facts import Network, OptimizerFacts, Training
from whytorch.evidence.source import Source
from whytorch.records import Place

_OWNER = r"([A-Za-z_][\w.]*(?:\[[^\]]*\])?)"


def owner(place: Place | None, method: str, default: str) -> str:
    """`self.opt` for a place whose line says `self.opt.step()`."""
    found = re.search(rf"{_OWNER}\.{method}\b", (place.code or "") if place else "")
    return found[1] if found else default


def optimizer_name(optimizer: OptimizerFacts | None, default: str = "optimizer") -> str:
    """As the user's line that steps it calls it, else as it was named when it was built."""
    step = optimizer.step_place if optimizer else None
    code = (step.code or "") if step else ""
    if scaled := re.search(rf"\.step\(\s*{_OWNER}\s*\)", code):
        return scaled[1]  # scaler.step(optimizer)
    if step is not None:
        return owner(step, "step", default)
    built = optimizer.place if optimizer else None
    named = re.match(rf"\s*{_OWNER}\s*=[^=]", (built.code or "") if built else "")
    return named[1] if named else default


def loss_name(training: Training) -> str:
    return owner(training.backward_place, "backward", "loss")


def loss_made(training: Training, source: Source | None) -> tuple[Place, str] | None:
    """Where the tensor is computed that backward starts from, and how."""
    name, at = loss_name(training), training.backward_place
    if source is None or at is None:
        return None
    for number in range(at.line - 1, max(0, at.line - 30), -1):
        place = Place(at.path, number, code=source.line(at.path, number))
        node = statement(source, place)
        if not isinstance(node, ast.Assign) or node.lineno != number:
            continue
        if [ast.unparse(t) for t in node.targets] == [name]:
            return place, ast.unparse(node.value)
    return None


def changed(network: Network | None) -> bool:
    """Whether any parameter of the trained network moved in the run."""
    return any(p.changed for p in network.parameters()) if network else False


def trains_network(optimizer: OptimizerFacts) -> bool:
    return any(group.trained_parameters for group in optimizer.groups)
