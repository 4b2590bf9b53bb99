"""An optimizer that holds a part of the network is given the whole, however it was cut out."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_repairs import written

from whytorch import catalog, fixes, script
from whytorch.evidence.source import read_source
from whytorch.records import Finding, Fix, Place

ID = "parameters-missing-from-optimizer"
CHECKS = {check.id: check for check in catalog.load_catalog()}


@pytest.mark.parametrize("missing", ["the whole network", "conv1 and conv2 and fc1"])
@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("list(model.parameters())[-2:]", "model.parameters()"),
        ("model.fc.parameters()", "model.parameters()"),
        ("[p for n, p in model.named_parameters() if 'fc' in n]", "model.parameters()"),
        ("[*model.parameters(), *head.parameters()]", None),  # whose are missing?
        ("parameters", None),
    ],
)
def test_the_whole_network(tmp_path: Path, given: str, wanted: str | None, missing: str) -> None:
    target = tmp_path / "train.py"
    target.write_text(f"import torch\nmodel = make()\nopt = torch.optim.Adam({given}, lr=1e-3)\n")
    found = Finding(
        "missing", places=(Place(str(target), 3),), id="parameters-missing-from-optimizer",
        fix=Fix(f"give optimizer the parameters of {missing} as well"),
    )  # fmt: skip
    (made,) = fixes.planned([found], CHECKS, read_source(script.read(str(target))))
    diff = (made.fix.diff if made.fix else None) or ""
    assert (f"+opt = torch.optim.Adam({wanted}, lr=1e-3)\n" in diff) if wanted else not diff


def test_parameters_of_a_copy_are_none_of_it(tmp_path: Path) -> None:
    target = tmp_path / "train.py"
    copied = "copy.deepcopy(model).parameters()"
    target.write_text(f"import torch, copy\nmodel = make()\nopt = torch.optim.Adam({copied})\n")
    found = Finding(
        "Adam holds none of the parameters of model", places=(Place(str(target), 3),),
        fix=Fix("give opt the parameters of model as well"),
        id="parameters-missing-from-optimizer",
    )  # fmt: skip
    (made,) = fixes.planned([found], CHECKS, read_source(script.read(str(target))))
    assert made.fix is not None and made.fix.diff is not None
    assert "+opt = torch.optim.Adam(model.parameters())\n" in made.fix.diff


STRAY = """\
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1 = torch.randn(64, 48, requires_grad=True)
net = Net()
log_vars = torch.zeros(2, requires_grad=True)
opt = torch.optim.Adam({given}, lr=1e-3)
"""


def test_a_tensor_of_a_module_becomes_a_parameter(tmp_path: Path) -> None:
    text = STRAY.format(given="net.parameters()")
    says = "make self.w1 nn.Parameter: self.w1 = nn.Parameter(...)"
    at = ["self.w1 =", "opt ="]
    assert written(tmp_path, ID, text, at, says, stray=["self.w1"]) == [
        "-self.w1 = torch.randn(64, 48, requires_grad=True)",
        "+self.w1 = torch.nn.Parameter(torch.randn(64, 48, requires_grad=True))",
    ]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("net.parameters()", "[*net.parameters(), log_vars]"),
        ("[other]", "[other, log_vars]"),
    ],
)
def test_a_tensor_of_the_script_is_given_to_the_optimizer(
    tmp_path: Path, given: str, wanted: str
) -> None:
    text = STRAY.format(given=given)
    at, says = ["log_vars =", "opt ="], "give opt log_vars as well"
    assert written(tmp_path, ID, text, at, says, stray=["log_vars"]) == [
        f"-opt = torch.optim.Adam({given}, lr=1e-3)",
        f"+opt = torch.optim.Adam({wanted}, lr=1e-3)",
    ]


def test_a_name_that_the_optimizers_line_does_not_know_is_not_written(tmp_path: Path) -> None:
    text = STRAY.format(given="net.parameters()").replace("log_vars =", "def f():\n    log_vars =")
    assert written(
        tmp_path, ID, text, ["log_vars =", "opt ="], "give opt log_vars as well", stray=["log_vars"]
    ) == []  # fmt: skip


def test_a_list_of_a_module_becomes_a_list_of_parameters(tmp_path: Path) -> None:
    text = STRAY.format(given="net.parameters()").replace(
        "self.w1 = torch.randn(64, 48, requires_grad=True)",
        "self.ws = [torch.randn(4, requires_grad=True) for _ in range(3)]",
    )
    says = "make self.ws nn.ParameterList: self.ws = nn.ParameterList(...)"
    assert written(
        tmp_path, ID, text, ["self.ws =", "opt ="], says, stray=["self.ws"], lists=["self.ws"]
    ) == [
        "-self.ws = [torch.randn(4, requires_grad=True) for _ in range(3)]",
        "+self.ws = torch.nn.ParameterList("
        "[torch.randn(4, requires_grad=True) for _ in range(3)])",
    ]  # fmt: skip
