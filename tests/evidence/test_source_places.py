"""What the source answers about a place: the call, the definition, the header around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from source_texts import at, line_of, one

from whytorch.evidence.source import read_source
from whytorch.records import Place
from whytorch.script import read

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
