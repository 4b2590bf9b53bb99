"""Edits become text: formatting stays, and what does not fit is refused with its reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from whytorch import records as r
from whytorch.fixes import Refused, repair, write


def at(line: int, path: str = "train.py") -> r.Place:
    return r.Place(path, line)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def applied(folder: Path, source: str | bytes, *edits: r.AnyEdit) -> bytes:
    data = source if isinstance(source, bytes) else source.encode()
    (folder / "train.py").write_bytes(data)
    return repair([[edit] for edit in edits], folder.joinpath).files[0].after


LOOP = "for x in xs:\n    loss = f(x)  # keep\n    loss.backward()\n    opt.step()\n"


def test_a_statement_before_and_behind(folder: Path) -> None:
    before = applied(folder, LOOP, r.InsertBefore(at(3), code="opt.zero_grad()"))
    assert before.decode() == LOOP.replace("    loss.b", "    opt.zero_grad()\n    loss.b")
    behind = applied(folder, LOOP, r.InsertAfter(at(2), code="a()\nb()"))
    assert behind.decode() == LOOP.replace("# keep\n", "# keep\n    a()\n    b()\n")


def test_line_ends_tabs_encoding_and_byte_order_mark_stay(folder: Path) -> None:
    text = "# -*- coding: latin-1 -*-\r\nif 1:\r\n\tname = 'é'\r\n\tstep()\r\n"
    edit = r.InsertBefore(at(4), code="zero()")
    wanted = text.replace("\tstep", "\tzero()\r\n\tstep").encode("latin-1")
    assert applied(folder, text.encode("latin-1"), edit) == wanted
    marked = b"\xef\xbb\xbfa = 1\nb = 2"
    assert applied(folder, marked, r.InsertAfter(at(2), code="c()")) == marked + b"\nc()"


def test_columns_behind_letters_of_several_bytes(folder: Path) -> None:
    source = "s = ['äöü', softmax(é + 1)]\nfrom f import softmax\n"
    unwrapped = applied(folder, source, r.Unwrap(at(1), callees=("softmax",)))
    assert unwrapped.decode().startswith("s = ['äöü', (é + 1)]\n")


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("DataLoader(data)", "DataLoader(data, shuffle=True)"),
        ("DataLoader()", "DataLoader(shuffle=True)"),
        ("DataLoader((a + b),\n    8,  # 8\n)", "DataLoader((a + b),\n    8, shuffle=True  # 8\n)"),
        ("DataLoader(data, 8, False)", "DataLoader(data, 8, True)"),
        ("DataLoader(data, shuffle = False)", "DataLoader(data, shuffle = True)"),
    ],
)
def test_an_argument_is_set(folder: Path, call: str, wanted: str) -> None:
    edit = r.SetArgument(at(1), callee="DataLoader", name="shuffle", value="True", position=2)
    after = applied(folder, f"x = {call}  # c\n", edit).decode()
    assert after == f"x = {wanted}  # c\n"


def test_what_is_not_written_there_is_not_overwritten(folder: Path) -> None:
    edit = r.SetArgument(at(1), callee="Adam", name="lr", value="0.1", position=1)
    with pytest.raises(Refused, match="not written there"):
        applied(folder, "o = Adam(p, lr=args.lr)\n", edit)
    with pytest.raises(Refused, match="lr may be among its"):
        applied(folder, "o = Adam(p, **settings)\n", edit)


def test_the_default_of_an_option(folder: Path) -> None:
    source = "p.add_argument('--lr', type=float, default=1e-1)  # 0.1\n"
    after = applied(folder, source, r.ReplaceConstant(at(1), old=0.1, new="0.001"))
    assert after.decode() == source.replace("1e-1", "0.001")
    with pytest.raises(Refused, match="is written there nowhere"):
        applied(folder, source, r.ReplaceConstant(at(1), old=0.3, new="0.001"))
    with pytest.raises(Refused, match="more than once"):
        applied(folder, "a, b = 0.1, 0.1\n", r.ReplaceConstant(at(1), old=0.1, new="1"))


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("return F.softmax(self.fc(x), dim=1)", "return self.fc(x)"),
        ("return self.fc(x).softmax(1)", "return self.fc(x)"),
        ("return self.softmax(self.fc(x))", "return self.fc(x)"),
        ("return nn.Softmax(dim=1)(a + b)", "return a + b"),
        ("y = F.softmax(a + b, 1).log()", "y = (a + b).log()"),
        ("self.out = nn.Softmax(1)", "self.out = nn.Identity()"),
        ("m = nn.Sequential(a, b, nn.Softmax(1))", "m = nn.Sequential(a, b)"),
        ("m = nn.Sequential(\n    a,\n    nn.Softmax(1),\n)", "m = nn.Sequential(\n    a,\n)"),
    ],
)
def test_a_call_is_taken_away(folder: Path, code: str, wanted: str) -> None:
    source = "import torch.nn.functional as F\nfrom torch import nn\nif 1:\n    {}\n"
    given = source.format(code).replace("return", "r =")
    line = 6 if "\n" in code else 4
    after = applied(folder, given, r.Unwrap(at(line), callees=("softmax", "Softmax")))
    assert after.decode() == source.format(wanted).replace("return", "r =")


def test_a_call_is_renamed_with_its_import(folder: Path) -> None:
    edit = r.RenameCall(at(3), callees=("NLLLoss",), new="CrossEntropyLoss")
    after = applied(folder, "from torch.nn import NLLLoss\n\nc = NLLLoss()\n", edit).decode()
    assert after == (
        "from torch.nn import NLLLoss\nfrom torch.nn import CrossEntropyLoss\n\n"
        "c = CrossEntropyLoss()\n"
    )
    after = applied(folder, "from torch import nn\n\nc = nn.NLLLoss()\n", edit).decode()
    assert after == "from torch import nn\n\nc = nn.CrossEntropyLoss()\n"


def test_a_statement_moves(folder: Path) -> None:
    source = "if 1:\n    loss.backward()\n    opt.zero_grad()  # why\n    opt.step()\nend()\n"
    after = applied(folder, source, r.Move(at(3), after=at(4))).decode()
    assert after == (
        "if 1:\n    loss.backward()\n    opt.step()\n    opt.zero_grad()  # why\nend()\n"
    )
    with pytest.raises(Refused, match="another block"):
        applied(folder, source, r.Move(at(3), after=at(5)))


@pytest.mark.parametrize("source", ["a(); loss.backward()\n", "if x: loss.backward()\n"])
def test_a_line_that_holds_more_is_refused(folder: Path, source: str) -> None:
    with pytest.raises(Refused, match="other code stands on the same line"):
        applied(folder, source, r.InsertBefore(at(1), code="zero()"))


def test_two_fixes_of_one_place_are_refused(folder: Path) -> None:
    one = r.SetArgument(at(1), callee="Adam", name="lr", value="0.1", position=1)
    other = r.ReplaceConstant(at(1), old=0.5, new="0.2")
    with pytest.raises(Refused, match="another fix changes the same line"):
        applied(folder, "o = Adam(p, 0.5)\n", one, other)


@pytest.mark.parametrize(
    ("code", "old", "new", "wanted"),
    [
        ("loss.backward()  # b", "loss", "loss / 4", "(loss / 4).backward()  # b"),
        ("f(x ,y)", "x", "x.squeeze(1)", "f(x.squeeze(1) ,y)"),
        ("a = f( x,  y )", "f(x, y)", "g(y)", "a = g(y)"),
        ("a = x + b", "x", "x - 1", "a = (x - 1) + b"),
        ("x = f(x)", "x", "z", "x = f(z)"),
    ],
)
def test_an_expression_is_replaced(
    folder: Path, code: str, old: str, new: str, wanted: str
) -> None:
    edit = r.ReplaceExpression(at(2), old=old, new=new)
    after = applied(folder, f"if 1:\n\t{code}\n", edit).decode()
    assert after == f"if 1:\n\t{wanted}\n"


def test_an_expression_that_is_there_twice(folder: Path) -> None:
    source = "loss = f(x, g(x))\n"
    with pytest.raises(Refused, match="`x` is written there more than once"):
        applied(folder, source, r.ReplaceExpression(at(1), old="x", new="y"))
    with pytest.raises(Refused, match="`z` is written there nowhere"):
        applied(folder, source, r.ReplaceExpression(at(1), old="z", new="y"))
    every = applied(folder, source, r.ReplaceExpression(at(1), old="x", new="y", every=True))
    assert every == b"loss = f(y, g(y))\n"


def test_a_statement_goes_away(folder: Path) -> None:
    source = "a = 1\r\nif a:\r\n    b = 2  # why\r\nc = 3"
    assert applied(folder, source, r.Remove(at(1))) == source[7:].encode()
    alone = applied(folder, source, r.Remove(at(3)))
    assert alone == source.replace("b = 2", "pass").encode()
    assert applied(folder, source, r.Remove(at(4))) == source[:-7].encode()


def test_a_statement_goes_to_another_block(folder: Path) -> None:
    source = "for x in y:\n    a()\n    b()\nc()\n"
    edits = r.Remove(at(3)), r.InsertAfter(at(1), code="b()")
    assert applied(folder, source, *edits).decode() == "for x in y:\n    a()\nb()\nc()\n"


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("Compose([A(), B(1), C()])", "Compose([A(), C()])"),
        ("Compose([A(), B(1)])", "Compose([A()])"),
        ("Compose([B(1)])", "Compose([])"),
        ("Sequential(A(), B(1), C())", "Sequential(A(), C())"),
        ("Compose([\n    A(),\n    B(1),  # b\n])", "Compose([\n    A(),\n])"),
        ("Compose([\n    B(1),  # b\n    A()])", "Compose([\n    A()])"),
    ],
)
def test_an_item_goes_out_of_its_list(folder: Path, code: str, wanted: str) -> None:
    line = 1 + code.partition("B(1)")[0].count("\n")
    after = applied(folder, f"t = {code}\n", r.RemoveItem(at(line), callee="B"))
    assert after.decode() == f"t = {wanted}\n"


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("Compose([A(), C()])", "Compose([A(), C(), N()])"),
        ("Compose([\n\tA(),\n\tC(),\n])", "Compose([\n\tA(),\n\tC(),\n\tN(),\n])"),
        ("Compose(A(), C())", "Compose(A(), C(), N())"),
    ],
)
def test_an_item_comes_into_its_list(folder: Path, code: str, wanted: str) -> None:
    edit = r.AddItem(at(1), callee="Compose", code="N()")
    assert applied(folder, f"t = {code}\n", edit).decode() == f"t = {wanted}\n"


def test_a_negative_number_is_replaced(folder: Path) -> None:
    edit = r.ReplaceConstant(at(1), old=-4.0, new="0.0")
    assert applied(folder, "f(bias, -4.0)\n", edit) == b"f(bias, 0.0)\n"


def test_decorators_stay_with_their_function(folder: Path) -> None:
    source = "import torch\n@torch.no_grad()\ndef f():\n\tg()\n\tmodel(x)\n"
    edit = r.InsertBefore(at(3), code="import copy")
    after = applied(folder, source, edit).decode()
    assert after == source.replace("@torch", "import copy\n@torch")
    inside = applied(folder, source, r.InsertBefore(at(5), code="model.eval()")).decode()
    assert inside == source.replace("\tmodel(x)", "\tmodel.eval()\n\tmodel(x)")


def test_fixes_of_several_lines_and_files_go_together(folder: Path) -> None:
    (folder / "net.py").write_text("from torch.nn import Softmax\ns = Softmax\n")
    (folder / "train.py").write_text(LOOP)
    made = repair(
        [
            [r.InsertBefore(at(3), code="opt.zero_grad()")],
            [r.ReplaceStatement(at(2, "net.py"), code="s = None")],
        ],
        folder.joinpath,
    )
    assert [file.path for file in made.files] == ["train.py", "net.py"]
    assert "+    opt.zero_grad()\n" in made.diff and "-s = Softmax\n+s = None\n" in made.diff
    assert "--- a/net.py\n+++ b/net.py\n" in made.diff


def test_what_has_no_file_is_refused(folder: Path) -> None:
    edit = r.InsertBefore(at(1, "<string>"), code="a()")
    with pytest.raises(Refused, match="generated at run time"):
        repair([[edit]], lambda shown: None)
    with pytest.raises(Refused, match="cannot be read"):
        repair([[r.InsertBefore(at(1, "a.ipynb"), code="a()")]], folder.joinpath)


def test_a_result_that_is_no_python_is_refused(folder: Path) -> None:
    with pytest.raises(Refused, match="no Python"):
        applied(folder, "a = 1\n", r.ReplaceStatement(at(1), code="a = ("))


def test_writing(folder: Path) -> None:
    path = folder / "train.py"
    path.write_text(LOOP)
    path.chmod(0o755)
    made = repair([[r.InsertBefore(at(3), code="opt.zero_grad()")]], folder.joinpath)
    diagnosed = [file.touched for file in made.files]
    write(made, diagnosed)
    assert "opt.zero_grad()" in path.read_text() and os.stat(path).st_mode & 0o777 == 0o755
    assert [p.name for p in folder.iterdir()] == ["train.py"]
    again = repair([[r.InsertBefore(at(3), code="more()")]], folder.joinpath)
    with pytest.raises(Refused, match="has changed since it was diagnosed"):
        write(again, diagnosed)


def test_a_file_that_cannot_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "train.py"
    path.write_text(LOOP)
    made = repair([[r.InsertBefore(at(3), code="opt.zero_grad()")]], folder.joinpath)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(Refused, match="read-only"):
        write(made, [file.touched for file in made.files])
    assert path.read_text() == LOOP
