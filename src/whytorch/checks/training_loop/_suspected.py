"""What the source of a training loop proves: what is never cleared, stepped or propagated."""

from __future__ import annotations

import ast

from whytorch.evidence.source_look import Look, Site
from whytorch.evidence.source_outcomes import outcomes
from whytorch.evidence.source_scopes import Block
from whytorch.evidence.source_steps import (
    TrainingLoop,
    all_words,
    backwards,
    called,
    handed_on,
    is_optimizer,
    is_scheduler,
    optimizer_stepped,
    reached,
    statements,
    training_loops,
    words,
)

# Ways of clearing gradients, or of handling them by hand.
_CLEARS = ("zero", "reset_grad", "clear", "set_to_none")
_CLEARS_SOMETHING_ELSE = {"zeros", "zeros_like", "zero_division", "clear_output", "clear_session"}
_HANDLES = {"grad", "grads", "gradients", "autograd"}
_LOSSES = ("loss", "loss2d", "cross_entropy", "_with_logits")
_CALLED_WITHOUT_HARM = {"print", "float", "int", "len", "round", "str", "sum", "max", "min"}


def never_cleared(look: Look) -> list[TrainingLoop]:
    """Loops that add up gradients and step on them, and where nothing clears them."""
    found = []
    for loop in [*training_loops(look), *_training_functions(look)]:
        block = loop.backward.block
        nodes = reached(look, block, loop.node)
        if nodes is None or _may_clear(words(nodes)):
            continue
        made = {root_name(loop.optimizer), *_parameters_of(look, block, loop.optimizer)} - {""}
        if handed_on(look, block, nodes, made | {"self"}):
            continue
        if _made_inside(look, loop) or _same_receiver(look, loop):
            continue
        found.append(loop)
    return found


def _training_functions(look: Look) -> list[TrainingLoop]:
    """Functions of one step, called from a loop, in a program that nowhere clears gradients."""
    found = []
    for backward in backwards(look):
        function = look.function(backward.block)
        if backward.block.loops or function is None or _may_clear(all_words(look)):
            continue
        inside = {id(call) for call in look.calls_inside(function.node)}
        calls = [s for s in look.sites("*.step") if id(s.node) in inside]
        steps = [(s, o) for s in calls if (o := optimizer_stepped(look, s)) is not None]
        rounds = [s for s in look.sites(f"*.{function.name.rpartition('.')[2]}") if s.block.loops]
        if steps and any(called(look, s.block, s.node) is function for s in rounds):
            found.append(TrainingLoop(function.node, backward, *steps[0]))
    return found


def rare_clear(look: Look, loop: TrainingLoop) -> Site | None:
    """The clearing in the same function, outside the loop that needs it."""
    function = look.function(loop.backward.block)
    clears = look.sites("*.zero_grad")
    return next((s for s in clears if look.function(s.block) is function), None)


def _may_clear(mentioned: set[str]) -> bool:
    if mentioned & _HANDLES:
        return True
    told = mentioned - _CLEARS_SOMETHING_ELSE
    return any(word.lower().startswith(_CLEARS) or "zero_grad" in word for word in told)


def _made_inside(look: Look, loop: TrainingLoop) -> bool:
    """A model or optimizer that is made anew in each round starts without gradients."""
    made = look.instance(loop.backward.block, loop.optimizer)
    fresh = {id(call) for call in look.calls_inside(loop.node)}
    if made is not None and id(made.node) in fresh:
        return True
    names = {root_name(loop.optimizer), *_parameters_of(look, loop.backward.block, loop.optimizer)}
    for node in look.inside(loop.node):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(t, ast.Name) and t.id in names for t in targets):
            return True
    return False


def _parameters_of(look: Look, block: Block, optimizer: ast.expr) -> set[str]:
    """The names in what the optimizer was given: {"model"} of `SGD(model.parameters())`."""
    made = look.instance(block, optimizer)
    given = made.node.args[0] if made is not None and made.node.args else None
    if given is None:
        return set()
    return {node.id for node in ast.walk(given) if isinstance(node, ast.Name)}


def _same_receiver(look: Look, loop: TrainingLoop) -> bool:
    """`engine.backward(); engine.step()`: an engine that may clear them by itself."""
    told = []
    for site in (loop.backward, loop.step):
        func = site.node.func
        told.append(look.text(site.block, func.value) if isinstance(func, ast.Attribute) else "")
    return told[0] == told[1]


def root_name(node: ast.expr) -> str:
    """`optimizer` of `optimizer`, of `optimizer.param_groups` and of `optimizer[0]`."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


# --- no step -----------------------------------------------------------------------------------


def never_stepped(look: Look) -> Site | None:
    """The backward of a loop that clears an optimizer's gradients, which nobody ever steps."""
    backward = next((b for b in backwards(look) if _repeated(look, b)), None)
    if backward is None:
        return None
    for site in look.sites("*.step"):
        func = site.node.func
        if not isinstance(func, ast.Attribute) or not is_scheduler(look, site.block, func.value):
            return None
    mentioned = all_words(look)
    by_hand = {"data", "no_grad", "set_grad_enabled", "sub_", "copy_", "add_", "optimizer_step"}
    stepping = {"backward_step", "train_step", "minimize", "fused_step", "run_step"}
    if mentioned & (_HANDLES | stepping) or "step" in _passed_as_values(look):
        return None
    function = look.function(backward.block)
    around = [*backward.block.loops, function.node if function is not None else None]
    loop = next((one for one in around if one is not None), backward.node)
    nodes = reached(look, backward.block, loop)
    if nodes is None or words(nodes) & (by_hand - {"no_grad"}):
        return None
    cleared = [s for s in look.sites("*.zero_grad") if _clears_optimizer(look, s)]
    inside = {id(call) for call in look.calls_inside(loop)}
    cleared = [site for site in cleared if id(site.node) in inside]
    held = {root_name(s.node.func.value) for s in cleared}  # type: ignore[attr-defined]
    held |= _optimizers_made(look)
    if not held or _is_last(backward, look):
        return None
    whole = [n for index in look.project.indexes for n in look.inside(index.file.tree)]
    return None if handed_on(look, backward.block, whole, held) else backward


def _repeated(look: Look, site: Site) -> bool:
    """Whether the call stands in a loop, or in a function that is called from one."""
    if site.block.loops:
        return True
    function = look.function(site.block)
    if function is None:
        return False
    calls = look.sites(f"*.{function.name.rpartition('.')[2]}")
    return any(s.block.loops and called(look, s.block, s.node) is function for s in calls)


def _optimizers_made(look: Look) -> set[str]:
    """The variables that hold an optimizer of torch's which the program makes."""
    found = set()
    for index in look.project.indexes:
        for node, block in index.assignments:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                if _makes_optimizer(look.name(block, node.value.func)):
                    found |= {t.id for t in node.targets if isinstance(t, ast.Name)}
    return found


def _passed_as_values(look: Look) -> set[str]:
    """Attributes that are mentioned without being called: `register(optimizer.step)`."""
    called = {id(call.func) for call, _ in look.table.calls}
    trees = (look.inside(index.file.tree) for index in look.project.indexes)
    nodes = (node for nodes in trees for node in nodes)
    return {n.attr for n in nodes if isinstance(n, ast.Attribute) and id(n) not in called}


def _clears_optimizer(look: Look, site: Site) -> bool:
    func = site.node.func
    return isinstance(func, ast.Attribute) and is_optimizer(look, site.block, func.value)


def _is_last(site: Site, look: Look) -> bool:
    """Whether the source ends with this call: a post that shows only where something failed."""
    tree = site.block.scope.index.file.tree
    end = max((node.end_lineno or 0 for node in tree.body), default=0)
    return (site.node.end_lineno or 0) >= end


# --- no backward -------------------------------------------------------------------------------


def never_propagated(look: Look) -> Site | None:
    """The step of a loop that computes a loss, in a program that never calls backward."""
    clears = [s for s in look.sites("*.zero_grad") if _clears_optimizer(look, s)]
    steps = [s for s in look.sites("*.step") if optimizer_stepped(look, s) is not None]
    steps = [s for s in steps if s.block.loops]
    if not clears or not steps:
        return None
    mentioned = all_words(look)
    if mentioned & _HANDLES or any("backward" in word.lower() for word in mentioned):
        return None
    for step in steps:
        loop = step.block.loops[-1]
        inside = {id(call) for call in look.calls_inside(loop)}
        if not any(id(site.node) in inside for site in clears):
            continue
        losses = _loss_names(look, step.block, loop)
        nodes = reached(look, step.block, loop)
        if losses and nodes is not None and not handed_on(look, step.block, nodes, losses):
            return step
    return None


def _loss_names(look: Look, block: Block, loop: ast.AST) -> set[str]:
    """The variables that hold a loss of torch's in the loop."""
    found = set()
    for node in look.inside(loop):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            ops = outcomes(look).of(block, node.value) or []
            if ops and all(o.op.lower().endswith(_LOSSES) for o in ops):
                found |= {t.id for t in node.targets if isinstance(t, ast.Name)}
    return found


# --- cleared too early -------------------------------------------------------------------------


def cleared_before_step(look: Look) -> list[tuple[Site, Site]]:
    """Each clearing that stands between backward and the step on the same optimizer."""
    zeros = {id(s.node): s for s in look.sites("*.zero_grad")}
    steps = {id(s.node): s for s in look.sites("*.step") if optimizer_stepped(look, s) is not None}
    if not zeros or not steps:
        return []
    found: dict[int, tuple[Site, Site]] = {}
    for loop in {id(t.node): t.node for t in training_loops(look)}.values():
        for body in statements(loop, look):
            for zero, step in _in_body(look, body, zeros, steps):
                found[id(zero.node)] = (zero, step)
    return list(found.values())


def _in_body(
    look: Look, body: list[ast.stmt], zeros: dict[int, Site], steps: dict[int, Site]
) -> list[tuple[Site, Site]]:
    found = []
    propagated, zero = False, None
    for statement in body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        inner = [n for n in look.inside(statement) if isinstance(n, ast.Call)]
        if any(_calls(one, "backward") for one in inner):
            propagated, zero = True, None
        elif id(call) in zeros and propagated:
            zero = zeros[id(call)]
        elif id(call) in steps:
            step = steps[id(call)]
            if zero is not None and _clears_what_steps(look, zero, step):
                found.append((zero, step))
            propagated, zero = False, None
        elif not _plain(look, statement, inner):
            propagated, zero = False, None
    return found


def _clears_what_steps(look: Look, zero: Site, step: Site) -> bool:
    optimizer = optimizer_stepped(look, step)
    func = zero.node.func
    if optimizer is None or not isinstance(func, ast.Attribute):
        return False
    cleared = look.text(zero.block, func.value)
    if cleared == look.text(step.block, optimizer):
        return True
    made = look.instance(step.block, optimizer)
    given = made.node.args[0] if made is not None and made.node.args else None
    if given is None or made is None:
        return False
    text = look.text(made.block, given)
    only = len([s for s in look.table.names if _makes_optimizer(s)]) == 1
    return text == f"{cleared}.parameters()" or (only and text.endswith(".parameters()"))


def _makes_optimizer(name: str) -> bool:
    return name.startswith("torch.optim.") and "lr_scheduler" not in name


def _plain(look: Look, statement: ast.stmt, calls: list[ast.Call]) -> bool:
    """A statement that brings no gradients: it prints, counts or clips."""
    if hasattr(statement, "body") or words(look.inside(statement)) & _HANDLES:
        return False
    for call in calls:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        quiet = {"item", "append", "size", "parameters", "detach", "cpu", "unscale_", "format"}
        if name in _CALLED_WITHOUT_HARM or method in quiet or method.startswith("clip_grad"):
            continue
        return False
    return True


def _calls(call: ast.Call, method: str) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == method
