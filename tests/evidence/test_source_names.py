"""What the source calls: names are resolved, and calls found wherever they stand."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from source_texts import constants, names, one

from whytorch.records import Place


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import torch\ntorch.nn.Linear(1, 2)", "torch.nn.Linear"),
        ("import torch as t\nt.nn.Linear(1, 2)", "torch.nn.Linear"),
        ("import torch.nn as nn\nnn.Linear(1, 2)", "torch.nn.Linear"),
        ("import torch.nn\ntorch.nn.Linear(1, 2)", "torch.nn.Linear"),
        ("from torch import nn, optim\noptim.SGD(p)", "torch.optim.SGD"),
        ("from torch.nn import functional as F\nF.relu(x)", "torch.nn.functional.relu"),
        ("from torch.nn import Linear as L\nL(1, 2)", "torch.nn.Linear"),
        ("import torchvision.transforms as T\nT.ToTensor()", "torchvision.transforms.ToTensor"),
        ("from torch.nn import *\nLinear(1, 2)", "torch.nn.Linear"),
        ("from torch.nn import *\nprint(1)", "print"),
        ("from torch.nn import *\nfrom torch.optim import *\nAdam(p)", "torch.optim.Adam"),
        ("from torch.nn import *\nfrom torch.optim import *\nLinear(1, 2)", "torch.nn.Linear"),
        ("from math import *\nfrom os import *\nsqrt(2)", "sqrt"),
        ("from torch import nn\nCE = nn.CrossEntropyLoss\nCE()", "torch.nn.CrossEntropyLoss"),
        ("from torch import nn\nA = nn\nB = A.Linear\nC = B\nC(1, 2)", "torch.nn.Linear"),
        ("import torch\nnn = torch.nn\ndef f():\n    nn.Linear(1, 2)", "torch.nn.Linear"),
        ("def f():\n    from torch import nn\n    nn.Linear(1, 2)", "torch.nn.Linear"),
        ("try:\n    from torch import amp\nexcept E:\n    amp = None\namp.x()", "torch.amp.x"),
        ("try:\n    import a as x\nexcept E:\n    import b as x\nx.y()", "a.y"),
        ("a = b\nb = a\na.x()", ".x"),
        ("a = a\na()", "a"),
        ("from torch import nn\n(l := nn.Linear)(1, 2)", ""),
        ("loss.backward()", ".backward"),
        ("self.model.train()", ".train"),
        ("Net().to(device)", ".to"),
        ("x[0].item()", ".item"),
        ("make()()", ""),
        ("(lambda: 1)()", ""),
        ("criterion = 1\ncriterion(x, y)", "criterion"),
        ("class Net: pass\nNet()", "Net"),
        ("class Net:\n    class Block: pass\nNet.Block()", "Net.Block"),
        ("def main():\n    def step(): pass\n    step()", "main.step"),
        ("import torch.nn as nn\ndef f(nn):\n    nn.Linear(1, 2)", ".Linear"),
        ("import torch.nn as nn\n[nn.Linear(1, 2) for nn in x]", ".Linear"),
        ("import torch.nn as nn\n[nn for nn in x]\nnn.Linear(1, 2)", "torch.nn.Linear"),
        (
            "import torch.nn as nn\nclass A:\n    nn = 1\n    def f(s): nn.Linear()",
            "torch.nn.Linear",
        ),
        ("import torch.nn as nn\nf = lambda nn: nn.Linear(1, 2)", ".Linear"),
        ("def f():\n    global nn\n    import torch.nn as nn\nnn.Linear(1, 2)", "torch.nn.Linear"),
        ("nn.Linear(1, 2)", "torch.nn.Linear"),
        ("F.relu(x)", "torch.nn.functional.relu"),
        ("transforms.ToTensor()", "torchvision.transforms.ToTensor"),
        ("np.mean(x)", "numpy.mean"),
        ("datasets = {}\ndatasets.get(1)", ".get"),
        ("from datasets import load\nload(1)", "datasets.load"),
    ],
)
def test_a_calls_name_is_resolved(says: Any, code: str, name: str) -> None:
    assert name in names(says(code))


def test_the_calls_of_a_script(says: Any) -> None:
    source = says(
        "import torch\n"
        "from torch import nn\n"
        "\n"
        "class Net(nn.Module):\n"
        "    def __init__(self, width=8):\n"
        "        super().__init__()\n"
        "        self.fc = nn.Linear(\n"
        "            in_features=width * 2,\n"
        "            out_features=10,\n"
        "        )\n"
        "    def forward(self, x):\n"
        "        return self.fc(x)\n"
        "def train(model, loader):\n"
        "    for epoch in range(3):\n"
        "        for x, y in loader():\n"
        "            nn.functional.mse_loss(model(x), y, reduction='sum').backward()\n"
    )
    assert names(source) == [
        ".__init__",  # of calls that begin at one place, the outer one first
        "super",
        "torch.nn.Linear",
        ".fc",
        "range",
        "loader",
        ".backward",
        "torch.nn.functional.mse_loss",
        "model",
    ]
    linear = one(source, "torch.nn.Linear")
    assert linear.raw == "nn.Linear"
    assert linear.place == Place("train.py", 7, 10, 18, "        self.fc = nn.Linear(")
    assert (linear.function, linear.loop_depth, linear.args) == ("Net.__init__", 0, ())
    assert constants(linear) == {"in_features": 16, "out_features": 10}
    assert linear.keywords["in_features"].text == "width * 2"
    loss = one(source, "*.mse_loss")
    assert (loss.function, loss.loop_depth, loss.last) == ("train", 2, "mse_loss")
    assert [value.text for value in loss.args] == ["model(x)", "y"]
    assert [value.name for value in loss.args] == [None, "y"]
    assert one(source, "loader").loop_depth == 1
    assert one(source, "range").loop_depth == 0
    assert one(source, "range").args[0].constant == 3
    assert one(source, ".backward").raw == (
        "nn.functional.mse_loss(model(x), y, reduction='sum').backward"
    )


def test_calls_by_name(says: Any) -> None:
    source = says("import torch.nn as nn\nnn.Linear(1, 2)\nLinear(3)\nx.Linear()\nnn.ReLU()\n")
    assert len(source.calls_to("torch.nn.Linear")) == 1
    assert len(source.calls_to("*.Linear")) == 3
    assert [c.name for c in source.calls_to("*.ReLU", "torch.nn.Linear")] == [
        "torch.nn.Linear",
        "torch.nn.ReLU",
    ]
    assert source.calls_to("Conv2d", "*.Conv2d", "torch.nn") == ()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (
            "async def f():\n    async with a as nn2:\n        await nn.Linear(1, 2)\n",
            "torch.nn.Linear",
        ),
        ("async def f():\n    async for x in y:\n        nn.Linear(1, 2)\n", "torch.nn.Linear"),
        ("@nn.Linear(1, 2)\ndef f(): pass\n", "torch.nn.Linear"),
        ("@nn.Linear(1, 2)\nclass F: pass\n", "torch.nn.Linear"),
        ("class F(nn.Linear(1, 2)): pass\n", "torch.nn.Linear"),
        ("class F(metaclass=nn.Linear(1, 2)): pass\n", "torch.nn.Linear"),
        ("def f(x=nn.Linear(1, 2)): pass\n", "torch.nn.Linear"),
        ("def f(*, x: nn.Linear(1, 2) = 0) -> int: pass\n", "torch.nn.Linear"),
        ("if (n := nn.Linear(1, 2)): pass\n", "torch.nn.Linear"),
        ("match nn.Linear(1, 2):\n    case A(x=1): pass\n", "torch.nn.Linear"),
        ("match x:\n    case [a, *b] if nn.Linear(1, 2): pass\n", "torch.nn.Linear"),
        ("match x:\n    case {'k': v, **nn2} as nn3:\n        nn.Linear(v)\n", "torch.nn.Linear"),
        ("f'{nn.Linear(1, 2):>{nn.ReLU()}}'\n", "torch.nn.ReLU"),
        ("x: nn.Linear(1, 2) = 3\n", "torch.nn.Linear"),
        ("x[nn.Linear(1, 2)] = 3\n", "torch.nn.Linear"),
        ("del x[nn.Linear(1, 2)]\n", "torch.nn.Linear"),
        ("nn.Linear(1, 2).weight = 3\n", "torch.nn.Linear"),
        ("a, nn.Linear(1, 2).weight = 3\n", "torch.nn.Linear"),
        ("with open(x) as f, nn.Linear(1, 2): pass\n", "torch.nn.Linear"),
        ("try: pass\nexcept nn.Linear(1, 2) as e: pass\n", "torch.nn.Linear"),
        ("try: pass\nfinally:\n    nn.Linear(1, 2)\n", "torch.nn.Linear"),
        ("while nn.Linear(1, 2): pass\nelse: nn.ReLU()\n", "torch.nn.ReLU"),
        ("x = {k: nn.Linear(v, 2) for k, v in y if k}\n", "torch.nn.Linear"),
        ("f(*nn.Linear(1, 2), **nn.ReLU())\n", "torch.nn.ReLU"),
        ("assert x, nn.Linear(1, 2)\n", "torch.nn.Linear"),
        ("raise X from nn.Linear(1, 2)\n", "torch.nn.Linear"),
        ("def f():\n    return (yield nn.Linear(1, 2))\n", "torch.nn.Linear"),
        ("if x:\n\tif y:\n\t\tnn.Linear(1, 2)\n", "torch.nn.Linear"),
        ("x = 1; nn.Linear(1, 2); y = 2\n", "torch.nn.Linear"),
        ("x = a if nn.Linear(1, 2) else b\n", "torch.nn.Linear"),
    ],
)
def test_calls_are_found_wherever_they_stand(says: Any, code: str, name: str) -> None:
    assert name in names(says("from torch import nn\n" + code))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12's syntax")
def test_newer_syntax(says: Any) -> None:
    source = says(
        "from torch import nn\ntype Layer[T] = list[nn.Linear]\n"
        "def f[nn: int](x): return nn.Linear(1)\nclass A[nn]:\n    x = nn.ReLU()\n"
    )
    assert names(source) == [".Linear", ".ReLU"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.11's syntax")
def test_exception_groups(says: Any) -> None:
    source = says("try:\n    nn.Linear(1)\nexcept* E as e:\n    nn.ReLU(e)\n")
    assert names(source) == ["torch.nn.Linear", "torch.nn.ReLU"]
