"""What the source says, in many styles: its lists, several files, models, sizes and depths."""

from __future__ import annotations

import ast
import os
import random
from pathlib import Path
from typing import Any

import pytest
from source_texts import constants, line_of, names, one

from whytorch.evidence.source import Source, read_source
from whytorch.records import Place
from whytorch.script import ScriptError, read

STDLIB = Path(os.__file__).parent


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
