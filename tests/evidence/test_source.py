"""What the source says, in many styles: names, calls, constants, definitions, places."""

from __future__ import annotations

import ast
import os
import random
import sys
from pathlib import Path
from typing import Any

import pytest

from whytorch.evidence.source import Call, Source, read_source
from whytorch.records import Place
from whytorch.script import ScriptError, read

STDLIB = Path(os.__file__).parent


@pytest.fixture
def says(tmp_path: Path) -> Any:
    """The source of a script `train.py`, with the project's other files by path."""

    def make(code: str | bytes, *args: str, files: dict[str, str] | None = None) -> Source:
        for name, content in {"train.py": code, **(files or {})}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_source(read("train.py", args, cwd=tmp_path))

    return make


def names(source: Source) -> list[str]:
    return [call.name for call in source.calls]


def one(source: Source, name: str) -> Call:
    (call,) = source.calls_to(name)
    return call


def constants(call: Call) -> dict[str, Any]:
    return {key: value.constant for key, value in call.keywords.items() if value.is_constant}


def line_of(source: Source, text: str) -> int:
    (line,) = [n for n, code in enumerate(source.files[0].lines, 1) if text in code]
    return line


def at(source: Source, text: str) -> Place:
    return Place("train.py", line_of(source, text))


# --- names -----------------------------------------------------------------------------------


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


# --- constants -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "constant"),
    [
        ("f(0.1)", 0.1),
        ("f(-1)", -1),
        ("f(None)", None),
        ("f('a')", "a"),
        ("f(not True)", False),
        ("f(2 ** -3 * (4 + 1))", 0.625),
        ("f(64 * 8 * 8)", 4096),
        ("f((0.5, -0.5))", (0.5, -0.5)),
        ("f([1, [2, 3]])", (1, (2, 3))),
        ("f(float('1e-3'))", 0.001),
        ("f(int(0.5 * 10))", 5),
        ("LR = 0.1\nf(LR)", 0.1),
        ("LR = 0.1\nlr = LR / 10\nf(lr)", 0.01),
        ("LR: float = 0.1\nf(LR)", 0.1),
        ("a, b = 1, 0.1\nf(b)", 0.1),
        ("a = b = 0.1\nf(a)", 0.1),
        ("LR = 1\nLR = 0.1\nf(LR)", 0.1),
        ("LR = 0.1\nf(LR)\nLR = 1", 0.1),
        ("if __name__ == '__main__':\n    LR = 0.1\n    f(LR)", 0.1),
        ("with x:\n    LR = 0.1\nf(LR)", 0.1),
        ("for i in x:\n    LR = 0.1\n    f(LR)", 0.1),
        ("LR = 0.1\ndef g():\n    f(LR)", 0.1),
        ("LR = 1\ndef g():\n    LR = 0.1\n    f(LR)", 0.1),
        ("if (LR := 0.1):\n    f(LR)", 0.1),
        ("f(LR := 0.1)", None),
        ("class C:\n    lr = 0.1\nf(C.lr)", 0.1),
        ("class C:\n    lr = 0.1\nc = C()\nf(c.lr)", 0.1),
        ("class B:\n    lr = 0.1\nclass C(B): pass\nf(C().lr)", 0.1),
        ("class C:\n    def __init__(self):\n        self.lr = 0.1\nf(C().lr)", 0.1),
        ("class C:\n    def __init__(self, lr=1):\n        self.lr = lr\nf(C(0.1).lr)", 0.1),
        ("class C:\n    def __init__(self, lr=0.1):\n        self.lr = lr\nf(C().lr)", 0.1),
        (
            "class C:\n    def m(self):\n        self.x = 0.1\n    def n(self):\n        f(self.x)",
            0.1,
        ),
        ("@dataclass\nclass C:\n    lr: float = 0.1\nf(C().lr)", 0.1),
        ("@dataclass\nclass C:\n    lr: float = 1\nf(C(lr=0.1).lr)", 0.1),
        ("@dataclass(frozen=True)\nclass C:\n    n: int\n    lr: float = 1\nf(C(2, 0.1).lr)", 0.1),
        ("@dataclass\nclass C:\n    lr: float = field(default=0.1)\nf(C().lr)", 0.1),
        ("c = {'lr': 0.1}\nf(c['lr'])", 0.1),
        ("c = {'a': {'lr': 0.1}}\nf(c['a']['lr'])", 0.1),
        ("c = dict(lr=0.1)\nf(c['lr'])", 0.1),
        ("c = SimpleNamespace(lr=0.1)\nf(c.lr)", 0.1),
        ("c = argparse.Namespace(lr=0.1)\nf(c.lr)", 0.1),
        ("c = EasyDict({'lr': 0.1})\nf(c.lr)", 0.1),
        ("c = [1, 0.1]\nf(c[-1])", 0.1),
        ("def g(lr):\n    f(lr)\ng(0.1)", 0.1),
        ("def g(a, lr=1):\n    f(lr)\ng(1, lr=0.1)", 0.1),
        ("def g(lr=0.1):\n    f(lr)\ng()\ng()", 0.1),
        ("def g(lr=0.1):\n    f(lr)", 0.1),
        ("def g(*, lr=0.1):\n    f(lr)", 0.1),
        ("def g():\n    return 0.1\nf(g())", 0.1),
        ("def g():\n    return 1, 0.1\na, b = g()\nf(b)", 0.1),
        ("def main(cfg):\n    f(cfg['lr'])\nmain({'lr': 0.1})", 0.1),
        ("class T:\n    def fit(self, lr): f(lr)\nT().fit(0.1)", 0.1),
        ("class T:\n    @staticmethod\n    def fit(lr): f(lr)\nT.fit(0.1)", 0.1),
    ],
)
def test_constants_are_known(says: Any, code: str, constant: Any) -> None:
    (value,) = one(says(code), "f").args
    assert value.constant == constant
    assert value.is_constant == (constant is not None or code == "f(None)")


@pytest.mark.parametrize(
    "code",
    [
        "f(x)",
        "f(g(1))",
        "f('a' + 'b')",
        "f(10 ** 10 ** 10)",
        "f('a' * 10 ** 9)",
        "f(1 / 0)",
        "f(float('x'))",
        "if x: LR = 1\nelse: LR = 2\nf(LR)",
        "LR = 1\nif x: LR = 2\nf(LR)",
        "LR = 1\nfor i in x:\n    f(LR)\n    LR = 2",
        "LR = 1\nwhile x:\n    if y:\n        LR = LR * 2\n    f(LR)",
        "LR = 1\nLR *= 2\nf(LR)",
        "for LR in x:\n    f(LR)",
        "LR = 1\ndef g():\n    f(LR)\nLR = 2",
        "LR = 1\ndef g():\n    global LR\n    LR = 2\ng()\nf(LR)",
        "LR = 1\ndel LR\nf(LR)",
        "LR = LR\nf(LR)",
        "a = b\nb = a\nf(a)",
        "try: LR = 1\nexcept E: LR = 2\nf(LR)",
        "match x:\n    case 1: LR = 1\n    case LR: pass\nf(LR)",
        "def g(lr):\n    f(lr)\ng(1)\ng(2)",
        "def g(lr):\n    f(lr)\ng(*x)",
        "def g(lr=1):\n    f(lr)\ng(**x)",
        "def g(lr):\n    f(lr)",
        "def g(**lr):\n    f(lr)",
        "def g():\n    if x: return 1\n    return 2\nf(g())",
        "def g(lr=1):\n    f(lr)\nThread(target=g, args=[2])",
        "def g(lr):\n    f(lr)\ng(1)\nsweep(g)",
        "@hydra.main()\ndef g(lr=1):\n    f(lr)\ng()",
        "class C:\n    lr = 1\nc = C()\nc.lr = 2\nf(c.lr)",
        "class C:\n  def a(self): self.x = 1\n  def b(self): self.x = 2\n  def c(self): f(self.x)",
        "c = {'lr': 1}\nc['lr'] = 2\nf(c['lr'])",
        "c = {'lr': 1}\nc[x] = 2\nf(c['lr'])",
        "c = {'lr': 1}\nc.update(x)\nf(c['lr'])",
        "c = {'lr': 1, **x}\nf(c['lr'])",
        "c = {'lr': 1}\nf(c[x])",
        "c = [1]\nc.append(2)\nf(c)",
        "c = [1]\nf(c[5])",
        "c = [1, 2]\nf(c[i])",
        "c = [1, 2]\nc[1] = 3\nf(c[-1])",
        "args = parser.parse_args()\nf(args.lr)",
        "a0 = [1, 1]\n" + "".join(f"a{n} = [a{n - 1}, x{n}]\n" for n in range(1, 60)) + "f(a59)",
    ],
)
def test_nothing_is_guessed(says: Any, code: str) -> None:
    (value,) = one(says(code), "f").args
    assert not value.is_constant
    assert value.constant is None


def test_constants_that_double_do_not_explode(says: Any) -> None:
    lines = ["a0 = 1"] + [f"a{n} = a{n - 1} + a{n - 1}" for n in range(1, 45)]
    (value,) = one(says("\n".join([*lines, "f(a44)"])), "f").args
    assert value.constant in (2**44, None)


OPTIONS = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("-b", "--batch-size", type=int, default="32")
parser.add_argument("--epochs", dest="n_epochs", default=5, type=int)
parser.add_argument("--amp", action="store_true")
parser.add_argument("--no-shuffle", action="store_false", dest="shuffle")
parser.add_argument("--sizes", nargs="+", type=int, default=[1, 2])
parser.add_argument("--name", default=None)
parser.add_argument("--path", type=Path, default="x")
parser.add_argument("data", type=str)
args = parser.parse_args()
f(args.lr, args.batch_size, args.n_epochs, args.amp, args.shuffle, args.sizes, args.name)
g(args.path, args.data, args.other)
"""


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("", (0.1, 32, 5, False, True, (1, 2), None)),
        ("--lr 1e-3 -b 8", (0.001, 8, 5, False, True, (1, 2), None)),
        ("--lr=0.5 --batch-size=4", (0.5, 4, 5, False, True, (1, 2), None)),
        ("--amp --no-shuffle --epochs 2", (0.1, 32, 2, True, False, (1, 2), None)),
        ("--lr 1 --lr 2 --name x", (2.0, 32, 5, False, True, (1, 2), "x")),
        ("--sizes 3 4", (0.1, 32, 5, False, True, "?", None)),
        ("-b8", (0.1, "?", 5, False, True, (1, 2), None)),
        ("--ep 8 --lr x", ("?", 32, "?", False, True, (1, 2), None)),
        ("--lr", ("?", 32, 5, False, True, (1, 2), None)),
    ],
)
def test_options_of_argparse(says: Any, args: str, expected: tuple[Any, ...]) -> None:
    source = says(OPTIONS, *args.split())
    got = [v.constant if v.is_constant else "?" for v in one(source, "f").args]
    if args == "--lr":  # argparse refuses this; the default is then as good as unknown
        got[0] = "?"
    assert tuple(got) == expected
    assert not any(v.is_constant for v in one(source, "g").args)


@pytest.mark.parametrize(
    "use",
    [
        "args = parser.parse_args()\nf(args.lr)",
        "args, rest = parser.parse_known_args()\nf(args.lr)",
        "def get():\n    return parser.parse_args()\nopt = get()\nf(opt.lr)",
        "def main(args):\n    f(args.lr)\nmain(parser.parse_args())",
        "def main():\n    args = parser.parse_args()\n    run(args)\ndef run(a):\n    f(a.lr)",
        "class T:\n    def __init__(self, a):\n        self.a = a\n        f(self.a.lr)\n"
        "T(parser.parse_args())",
    ],
)
def test_parsed_arguments_are_followed(says: Any, use: str) -> None:
    code = 'parser = P()\nparser.add_argument("--lr", type=float, default=0.1)\n'
    assert one(says(code + use), "f").args[0].constant == 0.1
    changed = code + use + "\nargs.lr = 2"
    assert not one(says(changed), "f").args[0].is_constant
    other = code + use.replace("args()", "args(['--lr', '2'])")
    assert not one(says(other), "f").args[0].is_constant
    twice = code + 'p2.add_argument("--lr", default=0.2)\n' + use
    assert not one(says(twice), "f").args[0].is_constant
    reset = code + "parser.set_defaults(lr=3)\n" + use
    assert not one(says(reset), "f").args[0].is_constant


def test_arguments_by_name(says: Any) -> None:
    source = says(
        "from torch import nn, optim\nfrom torchvision import datasets\n"
        "a = optim.SGD(p, 0.1, momentum=0.9)\nb = datasets.CIFAR10('data', True, tf)\n"
        "c = optim.SGD(*p)\nd = x.softmax(1)\ne = F.softmax(x, 1)\nf = nn.Linear(*s, 3)\n"
    )
    sgd, other = source.calls_to("*.SGD")
    assert sgd.argument("lr").constant == 0.1
    assert sgd.argument("momentum").constant == 0.9
    assert sgd.argument("nesterov") is None
    assert other.argument("lr") is None
    assert one(source, "*.CIFAR10").argument("transform").name == "tf"
    assert [c.argument("dim").constant for c in source.calls_to("*.softmax")] == [1, 1]
    assert one(source, "*.Linear").argument("out_features") is None


def test_what_an_argument_stands_for(says: Any) -> None:
    source = says("import torch\nf(torch.float32, model, self.tf, net.fc.weight, g(1), *x, **y)\n")
    call = one(source, "f")
    assert [v.name for v in call.args] == ["torch.float32", "model", ".tf", ".weight", None, None]
    assert [v.text for v in call.args][-2:] == ["g(1)", "*x"]
    assert call.keywords["**"].text == "y"


# --- the other lists -------------------------------------------------------------------------


def test_functions_classes_loops_assignments_and_imports(says: Any) -> None:
    source = says(
        "import torch.nn as nn, os\n"
        "from torch.utils import *\n"
        "class Net(nn.Module, Base):\n"
        "    @torch.no_grad()\n"
        "    def forward(self, x, /, *rest, y=1, **more):\n"
        "        self.h, (a, *b) = x\n"
        "        async def inner(): pass\n"
        "        return x\n"
        "for i in range(3):\n"
        "    while i < 2:\n"
        "        i += 1\n"
        "z: int\n"
        "w: float = 0.5\n"
    )
    (net,) = source.classes
    assert (net.name, net.bases, net.methods) == (
        "Net",
        ("torch.nn.Module", "torch.utils.Base"),
        ("forward",),
    )
    assert (net.place.line, net.place.end_line) == (3, 8)
    forward, inner = source.functions
    assert forward.qualname == "Net.forward"
    assert forward.parameters == ("self", "x", "rest", "y", "more")
    assert (forward.decorators, forward.in_class) == (("torch.no_grad",), "Net")
    assert (inner.qualname, inner.in_class) == ("Net.forward.inner", None)
    outer, nested = source.loops
    assert (outer.kind, outer.target, outer.iterable, outer.depth) == ("for", "i", "range(3)", 0)
    assert (nested.kind, nested.target, nested.iterable, nested.depth) == (
        "while",
        None,
        "i < 2",
        1,
    )
    assert (outer.place.line, outer.place.end_line, outer.function) == (9, 11, "<module>")
    unpacked, added, bare, typed = source.assignments
    assert unpacked.targets == ("self.h", "a", "b")
    assert (unpacked.function, unpacked.value.name) == ("Net.forward", "x")
    assert (added.targets, added.augmented, added.value.constant) == (("i",), True, 1)
    assert (bare.value, typed.value.constant) == (None, 0.5)
    assert [(i.name, i.alias) for i in source.imported] == [
        ("torch.nn", "nn"),
        ("os", "os"),
        ("torch.utils.*", "*"),
    ]
    assert source.imports("torch")
    assert source.imports("torch.nn")
    assert not source.imports("torch.optim")
    assert not source.imports("tor")


# --- several files ---------------------------------------------------------------------------


def test_names_across_files(says: Any) -> None:
    source = says(
        "from models import Net, make as build, resnet18\n"
        "import config\n"
        "from config import CE\n"
        "import models.blocks as mb\n"
        "Net(config.WIDTH, lr=config.Config.lr)\n"
        "build()\nresnet18()\nCE()\nmb.Block()\nconfig.CE()\nmodels.unknown()\n",
        files={
            "models/__init__.py": "from .net import Net\nfrom .blocks import *\n"
            "from torchvision.models import resnet18\n",
            "models/net.py": "from torch import nn\nfrom .blocks import Block\n"
            "class Net(nn.Module):\n    def f(self): Block(); Net(1)\n",
            "models/blocks.py": "def make(): pass\nclass Block: pass\n",
            "config.py": "from torch.nn import CrossEntropyLoss as CE\nWIDTH = 8\n"
            "class Config:\n    lr = 0.1\n",
        },
    )
    assert names(source)[:7] == [
        "models.net.Net",
        "models.blocks.make",
        "torchvision.models.resnet18",
        "torch.nn.CrossEntropyLoss",
        "models.blocks.Block",
        "torch.nn.CrossEntropyLoss",
        ".unknown",
    ]
    made, inner = source.calls_to("models.net.Net")
    assert made.args[0].constant == 8
    assert constants(made) == {"lr": 0.1}
    assert (inner.place.path, inner.function) == ("models/net.py", "Net.f")
    classes = {"config.Config", "models.net.Net", "models.blocks.Block"}
    assert {c.name for c in source.classes} == classes


def test_cyclic_imports_end(says: Any) -> None:
    source = says(
        "from a import x, y, Net\nfrom a import *\nx()\ny()\nNet()\nstar()\nf(x, y)\n",
        files={
            "a.py": "from b import *\nfrom b import x\nfrom train import Net\n",
            "b.py": "from a import *\nfrom a import x, y\nimport a, b, train\ny = a.y\na.x()\n",
        },
    )
    assert [call.last for call in source.calls] == ["x", "y", "Net", "star", "f", "x"]
    assert not any(value.is_constant for value in one(source, "f").args)
    main = says("from a import Net2\nclass Net: pass\nNet2()\n", files={
        "a.py": "from train import Net as Net2\nNet2()\n",
    })  # fmt: skip
    assert names(main) == ["Net", "Net"]


def test_a_module_run_with_m(tmp_path: Path) -> None:
    folder = tmp_path / "pkg"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "train.py").write_text("from .net import Net\nfrom . import net\nNet()\nnet.Net()\n")
    (folder / "net.py").write_text("from .train import other\nclass Net: pass\nother()\n")
    source = read_source(read("pkg.train", module=True, cwd=tmp_path))
    assert names(source) == ["pkg.net.Net", "pkg.net.Net", "pkg.train.other"]
    assert source.calls[0].place.path == "pkg/train.py"


# --- questions by place ----------------------------------------------------------------------


MULTILINE = """\
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

tf = transforms.Compose([
    transforms.ToTensor(),
    transforms.Normalize((0.5,), (0.5,)),
])
loader = DataLoader(
    datasets.CIFAR10(
        "data", transform=tf,
    ),
    batch_size=4,
)
loss = criterion(model(x), y)
model = (Net()
         .to(device)
         .train())
"""


def test_the_call_at_a_line(says: Any) -> None:
    source = says(MULTILINE)

    def call(line: int, name: str | None = None, column: int | None = None) -> str | None:
        found = source.call_at(Place("train.py", line, column=column), name)
        return found.name if found else None

    assert call(1) is None
    assert call(4) == "torchvision.transforms.Compose"
    assert call(5) == "torchvision.transforms.ToTensor"
    assert call(7) == "torchvision.transforms.Compose"
    assert call(8) == "torch.utils.data.DataLoader"
    assert call(9) == "torchvision.datasets.CIFAR10"
    assert call(10) == "torchvision.datasets.CIFAR10"
    assert call(12) == "torch.utils.data.DataLoader"
    assert call(10, "DataLoader") == "torch.utils.data.DataLoader"
    assert call(10, "Linear") is None
    assert call(14) == "criterion"
    assert call(14, "model") == "model"
    assert call(14, column=17) == "model"
    assert call(15, "Net") == "Net"
    assert call(16) == ".to"
    assert call(17) == ".train"
    assert call(99) is None
    assert source.call_at(Place("other.py", 4)) is None


@pytest.mark.parametrize(
    ("before", "argument", "definition"),
    [
        ("tf = C([])  # here\n", "tf", "tf = C([])"),
        ("tf = C(  # here\n    [])\n", "tf", "tf = C("),
        ("base = C([])  # here\ntf = base\n", "tf", "base = C([])"),
        ("tf = 1\ntf = C([])  # here\n", "tf", "tf = C([])"),
        ("if x:\n    tf = C([])  # here\n", "tf", "tf = C([])"),
        ("tfs = {\n  'train': C([]),  # here\n  'val': D([]),\n}\n", "tfs['train']", "C([])"),
        ("tfs = {'train': C([])}  # here\n", "tfs[x]", "tfs = {'train': C([])}"),
        ("def get():\n    return C([])  # here\n", "get()", "C([])"),
        ("def get():\n    t = C([])  # here\n    return t\n", "get()", "t = C([])"),
        ("def get(a):\n  t = C([])  # here\n  return t, t\ntf, _ = get(1)\n", "tf", "t = C([])"),
        ("a, tf = C([]), D([])  # here\n", "tf", "a, tf = C([]), D([])"),
        ("class A:\n    tf = C([])  # here\n", "A.tf", "tf = C([])"),
        ("class A:\n    def __init__(self):\n        self.tf = C([])  # here\na = A()\n", "a.tf",
         "self.tf = C([])"),
    ],
)  # fmt: skip
def test_the_definition_of_an_argument(
    says: Any, before: str, argument: str, definition: str
) -> None:
    calls = (
        f"d.CIFAR10('data', transform={argument})  # call\n",
        f"d.CIFAR10('data', True, {argument})  # call\n",
        f"x = Subset(d.CIFAR10(\n    'data',  # call\n    transform={argument},\n), range(9))\n",
    )
    for call in calls:
        source = says(before + call)
        place = source.definition(at(source, "# call"), "transform")
        assert place is not None
        assert place.line == line_of(source, "# here")
        assert place.code == source.line("train.py", place.line)
        assert definition in place.code


def test_definitions_through_parameters_attributes_and_files(says: Any) -> None:
    source = says(
        "from torchvision import datasets\n"
        "from tfs import tf\n"
        "import tfs\n"
        "class Data:\n"
        "    def __init__(self, root, tf):\n"
        "        self.tf = tf\n"
        "    def make(self):\n"
        "        return datasets.MNIST('x', transform=self.tf)  # attribute\n"
        "def load(tf, root='x'):\n"
        "    return datasets.MNIST(root, transform=tf)  # parameter\n"
        "def main():\n"
        "    mine = C([])  # mine\n"
        "    load(mine)\n"
        "    Data('x', tf=D([])).make()  # inline\n"
        "datasets.MNIST('x', transform=tf)  # from\n"
        "datasets.MNIST('x', transform=tfs.tf)  # module\n"
        "class Own:\n    def __init__(self, data, transform=None): pass\n"
        "Own(1, tfs.tf)  # own\n",
        files={"tfs.py": "from torchvision import transforms\n\ntf = transforms.Compose([])\n"},
    )

    def definition(text: str, argument: str | int = "transform") -> tuple[str, int]:
        place = source.definition(at(source, text), argument)
        assert place is not None
        return place.path, place.line

    assert definition("# parameter") == ("train.py", line_of(source, "# mine"))
    assert definition("# attribute") == ("train.py", line_of(source, "# inline"))
    assert definition("# from") == ("tfs.py", 3)
    assert definition("# module") == ("tfs.py", 3)
    assert definition("# own") == ("tfs.py", 3)
    assert definition("# own", 1) == ("tfs.py", 3)
    assert definition("# inline", "tf") == ("train.py", line_of(source, "# inline"))


def test_the_definition_of_an_option_and_of_a_constant(says: Any) -> None:
    source = says(
        'p.add_argument("--lr", default=0.1)  # option\n'
        "args = p.parse_args()\nWD = 1e-4  # constant\n"
        "optim.SGD(x, lr=args.lr, weight_decay=WD)  # call\n"
    )
    call = at(source, "# call")
    assert source.definition(call, "lr").line == line_of(source, "# option")
    assert source.definition(call, "weight_decay").line == line_of(source, "# constant")


@pytest.mark.parametrize(
    "code",
    [
        "f(1)  # call",
        "f(transform=unknown)  # call",
        "if x: tf = C()\nelse: tf = D()\nf(transform=tf)  # call",
        "def g(tf):\n    f(transform=tf)  # call\ng(a)\ng(b)",
        "def g(tf):\n    f(transform=tf)  # call",
        "class A:\n    def a(self): self.t = C()\n    def b(self): self.t = D()\n"
        "    def c(self): f(transform=self.t)  # call",
        "x = 1  # call",
    ],
)
def test_an_unsure_definition_is_none(says: Any, code: str) -> None:
    source = says(code)
    assert source.definition(at(source, "# call"), "transform") is None
    assert source.definition(Place("elsewhere.py", 1), "transform") is None


def test_a_place_is_completed(says: Any) -> None:
    source = says(MULTILINE.replace("loss =", "if y:\n    # note\n    loss ="))
    line = line_of(source, "loss =")

    def complete(line: int) -> tuple[int | None, int | None, str | None]:
        place = source.complete(Place("train.py", line))
        assert (place.path, place.line) == ("train.py", line)
        return place.column, place.end_line, place.code

    assert complete(8) == (0, 13, "loader = DataLoader(")
    assert complete(10) == (8, 13, '        "data", transform=tf,')
    assert complete(line) == (4, line, "    loss = criterion(model(x), y)")
    assert complete(line - 1) == (4, line - 1, "    # note")
    assert complete(line - 2) == (0, line - 2, "if y:")
    for place in (Place("train.py", 999), Place("train.py", 0), Place("<string>", 1)):
        assert source.complete(place) == place
    given = Place("train.py", 8, 9, 3)
    assert source.complete(given) == Place("train.py", 8, 9, 3, "loader = DataLoader(")


def test_headers_of_compound_statements(says: Any) -> None:
    source = says(
        "@deco(\n    1)\ndef f(\n    a=1,\n) -> int:\n    return (a,\n            b)\n"
        "for x in zip(\n        a, b):\n    pass\n"
        "with open(a) as f, \\\n     open(b) as g:\n    pass\n"
        "class A(\n    B):\n    x = 1\n"
    )

    def extent(line: int) -> tuple[int, int | None]:
        place = source.complete(Place("train.py", line))
        return place.line, place.end_line

    assert [extent(n) for n in (6, 8, 11, 14)] == [(6, 7), (8, 9), (11, 12), (14, 15)]
    assert extent(3) == (3, 5)
    function = source.enclosing_function(Place("train.py", 6))
    assert function is not None
    assert function.qualname == "f"
    assert source.enclosing_function(Place("train.py", 9)) is None


def test_the_function_around_a_place(says: Any) -> None:
    source = says(
        "class Net:\n    def forward(self, x):\n        def inner(y):\n            return y\n"
        "        return [z for z in inner(x)]\n\nasync def main():\n    pass\nx = 1\n"
    )

    def around(line: int) -> str | None:
        function = source.enclosing_function(Place("train.py", line))
        return function.qualname if function else None

    assert [around(n) for n in range(1, 10)] == [
        None,
        "Net.forward",
        "Net.forward.inner",
        "Net.forward.inner",
        "Net.forward",
        None,
        "main",
        "main",
        None,
    ]
    assert around(99) is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("loss = f(x)", ("loss",)),
        ("a, (b, *c) = x", ("a", "b", "c")),
        ("a = b = x", ("a", "b")),
        ("self.loss = f(x)", ("self.loss",)),
        ("out[0, 1] += f(x)", ("out[0, 1]",)),
        ("a: int = 1", ("a",)),
        ("a = 1; b = 2", ("a", "b")),
        ("for x, y in z: pass", ("x", "y")),
        ("with f() as (a, b), g(): pass", ("a", "b")),
        ("if (n := f()): m = 1", ("n", "m")),
        ("print(n := f(), (a, k := 2))", ("n", "k")),
        ("f(x)", ()),
        ("loss = f(\n", ()),
    ],
)
def test_names_assigned_at_a_place(says: Any, code: str, expected: tuple[str, ...]) -> None:
    if code.endswith("\n"):
        assert says(code + "x)").names_assigned_at(Place("train.py", 2)) == ("loss",)
    else:
        assert says(code).names_assigned_at(Place("train.py", 1)) == expected


def test_paths_as_shown_and_as_run(says: Any, tmp_path: Path) -> None:
    source = says("import lib.net\nf(1)\n", files={"lib/net.py": "g(2)\n"})
    absolute = str(tmp_path / "train.py")
    assert source.display(absolute) == "train.py"
    assert source.display(tmp_path / "lib" / "net.py") == "lib/net.py"
    assert source.display(tmp_path / "unread.py") == "unread.py"
    assert source.display("/elsewhere/x.py") == "/elsewhere/x.py"
    assert source.display("<string>") == "<string>"
    for path in (absolute, "train.py", "./train.py", "lib/../train.py"):
        assert source.line(path, 2) == "f(1)"
        assert source.call_at(Place(path, 2)) is source.calls[0]
        assert source.complete(Place(path, 2)).path == "train.py"
    assert source.line(str(tmp_path / "lib/net.py"), 1) == "g(2)"
    assert source.line("train.py", 9) is None
    assert source.line("train.py", 0) is None
    assert source.line("nothing.py", 1) is None


def test_a_script_given_by_another_path(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "train.py").write_text("f(1)\n")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    source = read_source(read("../link/train.py", cwd=tmp_path / "real"))
    for folder in ("real", "link"):
        assert source.display(tmp_path / folder / "train.py") == "../link/train.py"
        assert source.call_at(Place(str(tmp_path / folder / "train.py"), 1)).name == "f"


def test_columns_are_characters(says: Any) -> None:
    source = says("# coding: latin-1\nx = 'é' + f('ü', y)\n".encode("latin-1"))
    call = one(source, "f")
    assert (call.place.line, call.place.column) == (2, 10)
    assert (call.raw, [v.text for v in call.args]) == ("f", ["'ü'", "y"])
    crlf = says(b"\xef\xbb\xbfx = (1,\r\n\tf(1))\r\n")
    assert one(crlf, "f").place == Place("train.py", 2, 2, 1, "\tf(1))")


# --- models ----------------------------------------------------------------------------------


def test_in_place_operations(says: Any) -> None:
    source = says(
        "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        self.a = nn.ReLU(inplace=True)  # yes\n"
        "        self.b = nn.ReLU(inplace=False)\n"
        "        nn.init.kaiming_normal_(self.w)\n"
        "    def forward(self, x):\n"
        "        x += self.a(x)  # yes\n"
        "        x[:, 0] = 0  # yes\n"
        "        x = x.relu_()  # yes\n"
        "        F.relu_(x)  # yes\n"
        "        self.cache['x'] = x\n"
        "        self.w.requires_grad_(False)\n"
        "        self.w._private_()\n"
        "        x[0] *= 2  # yes\n"
        "        return F.relu(x, inplace=True)  # yes\n"
        "def other(x):\n"
        "    x.data -= 1  # other\n"
    )
    expected = [n for n, code in enumerate(source.files[0].lines, 1) if "# yes" in code]
    assert [p.line for p in source.in_place_operations("Net")] == expected
    assert [p.line for p in source.in_place_operations("Net.forward")] == expected[1:]
    assert [p.line for p in source.in_place_operations(source.classes[0])] == expected
    assert len(source.in_place_operations()) == len(expected) + 1
    assert source.in_place_operations("Missing") == ()
    (place,) = source.in_place_operations("other")
    assert place.code == "    x.data -= 1  # other"


def test_uses_of_a_module(says: Any) -> None:
    source = says(
        "class Net:\n"
        "    def __init__(me):\n"
        "        me.fc, me.other = Linear(1), 2  # assigned\n"
        "        me.layers = [Linear(1)]\n"
        "    def forward(self, x):\n"
        "        f = lambda z: self.fc(z)  # called\n"
        "        self.layers[0](x)\n"
        "        return [self.fc(y) for y in x]  # called\n"
        "def f(self, x):\n    self.fc(x)\n"
    )
    use = source.module_calls("fc")
    assert [p.line for p in use.assigned] == [line_of(source, "# assigned")]
    lines = [n for n, code in enumerate(source.files[0].lines, 1) if "# called" in code]
    assert [p.line for p in use.called] == lines
    assert source.module_calls("net.fc") == source.module_calls("fc")
    layers = source.module_calls("layers.0")
    assert ([p.line for p in layers.assigned], [p.line for p in layers.called]) == ([4], [7])
    assert source.module_calls("missing").called == ()


# --- size, depth and everything that Python accepts ------------------------------------------


def everything(source: Source, lines: list[int]) -> None:
    """Asks every question, at every place given."""
    for call in source.calls:
        assert source.line(call.place.path, call.place.line) == call.place.code
    assert source.functions is source.functions
    assert all(loop.iterable for loop in source.loops)
    assert all("" not in a.targets for a in source.assignments)
    assert len(source.imported) >= 0
    source.in_place_operations()
    source.module_calls("x")
    for line in lines:
        place = Place(source.files[0].path, line)
        source.call_at(place)
        source.enclosing_function(place)
        source.names_assigned_at(place)
        source.definition(place, 0)
        source.definition(place, "default")
        assert source.complete(place).code == source.line(place.path, line)


def test_a_long_file(says: Any) -> None:
    block = (
        "def f{0}(x, lr=0.1):\n    x = f{1}(x, lr=lr)\n    y = x.relu_()\n"
        "    for i in range({0}):\n        x = nn.Linear(i, {0})(x)\n    return x\n"
    )
    code = "from torch import nn\nx = 0\n"
    code += "".join(block.format(n, n - 1) for n in range(1, 600))
    code += "".join(f"x = f{n % 600}(x)\n" for n in range(1, 1400))
    source = says(code)
    assert len(source.files[0].lines) > 4_990
    assert len(source.calls_to("torch.nn.Linear")) == 599
    assert len(source.in_place_operations()) == 599
    everything(source, [1, 2000, 4000])


@pytest.mark.parametrize(
    "code",
    [
        "f(" + "+".join(["x"] * 2500) + ")",
        "x" + ".a()" * 1200,
        "x" + ".a" * 2500 + "()",
        "f(" * 90 + "1" + ")" * 90,
        "x = f(" + "[" * 150 + "1" + "]" * 150 + ")",
        "f(" + "-" * 2500 + "1)",
        "if a: f(1)\n" + "elif b: f(2)\n" * 2500,
        "".join(" " * n + "def g():\n" for n in range(90)) + " " * 90 + "f(1)",
        "f(" + "lambda: " * 150 + "1)",
        "f(" + "a if b else " * 900 + "1)",
        "a0 = 1\n" + "".join(f"a{n} = a{n - 1}\n" for n in range(1, 3000)) + "f(a2999)",
        "x" + "[0]" * 1200 + "(1)",
    ],
    ids=["sum", "chain", "attributes", "calls", "lists", "signs", "elif", "functions",
         "lambdas", "conditions", "aliases", "items"],
)  # fmt: skip
def test_deep_nesting(says: Any, code: str) -> None:
    source = says(code)
    assert source.calls
    everything(source, [1])


def samples() -> list[Path]:
    """300 of the standard library's files, always the same for one Python."""
    found = sorted(
        path
        for path in STDLIB.rglob("*.py")
        if "site-packages" not in path.parts and "lib2to3" not in path.parts
    )
    return random.Random(0).sample(found, min(300, len(found)))


def test_files_of_the_standard_library() -> None:
    """Whatever Python can compile can be read, and what is said of it is in the file."""
    judged = 0
    for path in samples():
        try:
            source = read_source(read(str(path), cwd=path.parent))
        except ScriptError as error:
            assert "holds no statement" in str(error) or not compiles(path)
            continue
        judged += 1
        assert len(source.files) == 1
        rest = random.Random(len(source.calls))
        lines = len(source.files[0].lines)
        everything(source, [rest.randrange(1, lines + 1) for _ in range(5)])
        nodes = [n for n in ast.walk(source.files[0].tree) if isinstance(n, ast.Call)]
        assert len(source.calls) == len(nodes)
        assert len(source.functions) == sum(
            isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
            for n in ast.walk(source.files[0].tree)
        )
        for node in rest.sample(nodes, min(3, len(nodes))):
            raw = ast.get_source_segment(source.files[0].text, node.func)
            assert any(call.raw == raw for call in source.calls)
    assert judged > 100


def compiles(path: Path) -> bool:
    try:
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True
