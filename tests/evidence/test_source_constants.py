"""What the source knows of values: constants, defaults and options, and nothing guessed."""

from __future__ import annotations

from typing import Any

import pytest
from source_texts import one


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
