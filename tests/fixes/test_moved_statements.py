"""Steps of schedulers and optimizers in the wrong place, clears, comparisons that are turned round:
what is written, and what is left to a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_repairs import written

EPOCH = """\
import torch
opt = torch.optim.SGD(net.parameters(), lr=0.1)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 0.1, total_steps=90)


def train_one(net, loader, opt{more}):
    for x, y in loader:
        opt.zero_grad()
        loss = f(net(x), y)
        loss.backward()
        opt.step(){inside}


for epoch in range(3):
    train_one(net, loader, opt){behind}
"""
SELDOM = "step the scheduler after every optimizer.step(), inside the loop over the batches"
OFTEN = "step the scheduler once an epoch, behind the loop over the batches"
NEVER = "call its step() once a{} {}, after optimizer.step()"


def epoch(more: str = "", inside: str = "", behind: str = "") -> str:
    before = "\n        " if inside else ""
    return EPOCH.format(more=more, inside=before + inside, behind=behind and f"\n    {behind}")


@pytest.mark.parametrize(
    ("text", "at", "says", "wanted"),
    [
        (epoch(behind="sched.step()"), "sched.step()", SELDOM, ["+sched.step()", "-sched.step()"]),
        (epoch(", plan", "plan.step()"), "plan.step()", OFTEN, ["-plan.step()", "+plan.step()"]),
        (epoch(behind="self.sched.step()"), "self.sched.step()", SELDOM, []),  # not known inside
        (epoch(behind="print(sched.step())"), "sched.step()", SELDOM, []),
        (epoch(inside="other.step()", behind="sched.step()"), "sched.step()", SELDOM, []),
        (epoch(), "OneCycleLR", NEVER.format("", "batch"), ["+sched.step()"]),
        (epoch(), "OneCycleLR", NEVER.format("n", "epoch"), ["+sched.step()"]),
        (epoch(inside="other.step()"), "OneCycleLR", NEVER.format("", "batch"), []),
    ],
)
def test_where_a_scheduler_steps(
    tmp_path: Path, text: str, at: str, says: str, wanted: list[str]
) -> None:
    assert written(tmp_path, "scheduler-misused", text, [at], says) == wanted


ADDED_UP = """\
for epoch in range(3):
    for i, (x, y) in {counts}:
        {clear}loss = f(net(x), y) / 4
        loss.backward()
        if {test}:
            opt.step()
"""


@pytest.mark.parametrize(
    ("counts", "test", "wanted"),
    [
        ("enumerate(loader)", "(i + 1) % 4 == 0", "(i + 1) % 4 == 0 or i + 1 == len(loader)"),
        ("enumerate(loader, 1)", "i % 4 == 0", "i % 4 == 0 or i == len(loader)"),
        ("enumerate(batches())", "(i + 1) % 4 == 0", None),  # nothing has a length
        ("enumerate(loader)", "(i + 1) % 4 == 0 and ready", None),
    ],
)
def test_a_step_at_the_last_batch(
    tmp_path: Path, counts: str, test: str, wanted: str | None
) -> None:
    text = ADDED_UP.format(counts=counts, clear="", test=test)
    says = "step at the last batch as well: (i + 1) % 4 == 0 or i + 1 == len(loader)"
    lines = written(tmp_path, "gradient-accumulation-misused", text, ["opt.step()"], says)
    assert lines == ([f"-if {test}:", f"+if {wanted}:"] if wanted else [])


@pytest.mark.parametrize(
    ("made", "line", "wanted"),
    [
        ("helper = accelerate.Accelerator()", "helper.backward(loss)", "helper.backward(loss / 4)"),
        ("helper = Fabric()", "helper.backward(a + b)", "helper.backward((a + b) / 4)"),
        ("helper = None", "self.manual_backward(loss)", "self.manual_backward(loss / 4)"),
        ("loss = f(x)", "loss.backward(retain_graph=True)", None),
    ],
)
def test_a_loss_that_is_handed_over_is_divided(
    tmp_path: Path, made: str, line: str, wanted: str | None
) -> None:
    """The helper itself is no number."""
    text = f"import accelerate\nfrom lightning import Fabric\n{made}\n{line}\n"
    says = f"write {wanted}" if wanted else "write (loss / 4).backward()"
    lines = written(tmp_path, "gradient-accumulation-misused", text, [line], says)
    assert lines == ([f"-{line}", f"+{wanted}"] if wanted else [])


def test_a_clear_goes_to_the_step(tmp_path: Path) -> None:
    clear = "opt.zero_grad()\n        "
    text = ADDED_UP.format(counts="enumerate(loader)", clear=clear, test="i % 4 == 3")
    text = f"opt = make()\n{text}"
    says = "move opt.zero_grad() to where opt.step() is, behind it"
    id, at = "gradient-accumulation-misused", ["zero_grad", "opt.step()"]
    assert written(tmp_path, id, text, at, says) == ["-opt.zero_grad()", "+opt.zero_grad()"]


def test_a_step_for_all_the_data_goes_to_the_backward(tmp_path: Path) -> None:
    """What clears stays: it is the step that comes too seldom."""
    text = (
        "opt = make()\nfor epoch in range(3):\n    for x, y in loader:\n"
        "        opt.zero_grad()\n        f(net(x), y).backward()\n    opt.step()\n"
    )
    says = "move opt.step() into the loop over the batches, right behind the backward"
    id, at = "gradient-accumulation-misused", ["zero_grad", "backward", "opt.step()"]
    assert written(tmp_path, id, text, at, says) == ["-opt.step()", "+opt.step()"]


def test_a_step_goes_into_the_loop(tmp_path: Path) -> None:
    text = (
        "opt = make()\nfor x, y in loader:\n    opt.zero_grad()\n    f(net(x), y).backward()\n"
        "opt.step()\n"
    )
    says = "move opt.step() into the loop, right after loss.backward()"
    lines = written(
        tmp_path, "missing-optimizer-step", text, ["opt.step()", "backward"], says, steps=1
    )
    assert lines == ["-opt.step()", "+opt.step()"]


@pytest.mark.parametrize(
    ("update", "wanted"),
    [
        ("p -= 0.1 * p.grad", ["+p.grad = None"]),
        ("p.data.add_(p.grad.data, alpha=-0.1)", ["+p.grad = None"]),
        ("p.data.sub_(velocity)", []),  # by what, is not said here
        ("total += p.grad.norm()", []),
    ],
)
def test_updates_by_hand(tmp_path: Path, update: str, wanted: list[str]) -> None:
    text = f"loss.backward()\nfor p in net.parameters():\n    {update}\n"
    says = "write p.grad = None for each parameter p, right after its update"
    assert written(tmp_path, "missing-zero-grad", text, ["backward"], says) == wanted


STOPS = """\
class Stop:
    def __init__(self):
        {start}

    def see(self, score):
        if {test}:
            self.best = score
"""
TURN = "turn the comparison around, and the value it starts with"
WRITE = "write self.best = {} before the loop, and `if score {} self.best:`"


@pytest.mark.parametrize(
    ("start", "test", "says", "wanted"),
    [
        ('self.best = float("inf")', "score > self.best", WRITE.format(0, ">"), ["self.best = 0"]),
        ("self.best, self.bad = 0, 0", "score > self.best", WRITE.format('float("inf")', "<"),
         ['self.best, self.bad = float("inf"), 0', "if score < self.best:"]),
        ("self.best = 1e9", "score < self.best", TURN,
         ['self.best = float("-inf")', "if score > self.best:"]),
        ("self.best = -np.inf", "self.best <= score", TURN,
         ['self.best = float("inf")', "if self.best >= score:"]),
        ("self.best = None", "score < self.best", TURN, []),  # what it starts with is not written
        ("self.best = 1e9", "score < self.best < old", TURN, []),
    ],
)  # fmt: skip
def test_a_best_value_turned_round(
    tmp_path: Path, start: str, test: str, says: str, wanted: list[str]
) -> None:
    text = STOPS.format(start=start, test=test)
    lines = written(tmp_path, "early-stopping-misfires", text, [f"if {test}"], says)
    assert [t[1:] for t in lines if t[0] == "+"] == wanted


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("with torch.no_grad():\n    loss = f(net(x), y)", ["with torch.enable_grad():"]),
        ("with torch.inference_mode():\n    loss = f(net(x), y)", ["with torch.enable_grad():"]),
        ("with torch.set_grad_enabled(False):\n    loss = f(net(x), y)", []),
    ],
)
def test_gradients_on_again(tmp_path: Path, line: str, wanted: list[str]) -> None:
    says = "leave out no_grad here: keep gradients on where the network is trained"
    lines = written(tmp_path, "loss-cut-from-model", f"import torch\n{line}\n", ["with"], says)
    assert [t[1:] for t in lines if t[0] == "+"] == wanted


@pytest.mark.parametrize(
    ("line", "shapes", "wanted"),
    [
        ("loss = ((scores - y.view(-1, 1)) ** 2).mean()", ([9, 4], [9]), "(scores, y)"),
        ("loss = torch.mean((targets - net(x)).pow(2))", ([9, 4], [9, 4]),
         "(net(x), targets.argmax(1))"),
        ("loss = torch.square(torch.softmax(s, 1) - onehot).sum()", ([9, 4], [9, 4]),
         "(s, onehot.argmax(1))"),
        ("loss = ((y_pred - y) ** 2).mean()", ([9, 4], [9]), "(y_pred, y)"),
        ("loss = ((a - b) ** 2).mean()", ([9, 4], [9]), None),  # which are the labels?
        ("loss = ((s - y) ** 2).mean() + (w - y0).pow(2).sum()", ([9, 4], [9]), None),
    ],
)  # fmt: skip
def test_a_squared_error_by_hand(
    tmp_path: Path, line: str, shapes: tuple[list[int], list[int]], wanted: str | None
) -> None:
    lines = written(
        tmp_path, "mse-on-class-labels", f"import torch\n{line}\n", ["loss"],
        "write F.cross_entropy(outputs, labels)", output_shape=shapes[0], label_shape=shapes[1],
    )  # fmt: skip
    new = f"+loss = torch.nn.functional.cross_entropy{wanted}"
    assert lines == ([f"-{line}", new] if wanted else [])


@pytest.mark.parametrize(
    ("says", "wanted"),
    [
        ('load {k.removeprefix("module."): v for k, v in state.items()}, without strict=False',
         'net.load_state_dict({k.removeprefix("module."): v for k, v in saved.items()})'),
        ('load {"module." + k: v for k, v in state.items()}, without strict=False',
         'net.load_state_dict({"module." + k: v for k, v in saved.items()})'),
        ('load checkpoint["model"]: the weights are an entry of what the file holds',
         'net.load_state_dict(saved["model"])'),
    ],
)  # fmt: skip
def test_entries_by_the_networks_names(tmp_path: Path, says: str, wanted: str) -> None:
    text = "saved = torch.load(path)\nnet.load_state_dict(saved, strict=False)\n"
    lines = written(tmp_path, "checkpoint-not-loaded", text, ["net.load_state_dict"], says)
    assert lines == ["-net.load_state_dict(saved, strict=False)", f"+{wanted}"]


def test_the_optimizers_entry_is_loaded(tmp_path: Path) -> None:
    text = 'opt = make()\nsaved = torch.load(path)\nnet.load_state_dict(saved["net"])\n'
    says = 'write opt.load_state_dict(saved["sgd"])'
    lines = written(tmp_path, "checkpoint-not-loaded", text, ["torch.load"], says)
    assert lines == ['+opt.load_state_dict(saved["sgd"])']


LOOK = """\
for epoch in range(3):
    {first}for rows in order.split(9):
        f(net(x[rows]), y[rows]).backward()
        opt.step()
    with torch.no_grad():
        seen = net(held)
opt = make(net.parameters())
"""


@pytest.mark.parametrize(
    ("first", "wanted"),
    [("net.train()\n    ", ["+net.eval()"]), ("", ["+net.eval()", "+net.train()"])],
)
def test_a_look_between_the_epochs(tmp_path: Path, first: str, wanted: list[str]) -> None:
    says = "call model.eval() before this evaluation, model.train() before the next epoch"
    text = LOOK.format(first=first)
    lines = written(tmp_path, "evaluating-in-train-mode", text, ["seen ="], says)
    assert lines == wanted
