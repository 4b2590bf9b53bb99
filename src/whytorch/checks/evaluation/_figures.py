"""The accuracies that a script prints, each with the pass over data that it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from whytorch.evidence.facts import Passes, PassFacts, PrintedLine
from whytorch.records import Place

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]*\w)")
_ACCURACY = re.compile(r"acc|correct|right|hits?\b|score|top-?1|topone", re.IGNORECASE)
_OTHER = re.compile(
    r"loss|error|err\b|f1|precision|recall|auc|lr\b|top-?5|topk|@k|time|best|max|seed|fold|"
    r"per.?class|epochs?\b|gain|delta|diff|improve|target|goal|thresh|smooth|ema\b|moving|ensemble|"
    r"\btta|vote|confiden|coverage|knn|probe|baseline|chance|random|majority|std|adversar|attack|"
    r"robust|\biou|dice|correlat|per second",
    re.IGNORECASE,
)
_OF_SO_MANY = re.compile(r"(?:out )?of (?:the )?\d")  # "891 of 1000"
# "accuracy of the network on the 10000 test images: 0.61"
_WHOLE = re.compile(r"\d{2,}")
_OF_IMAGES = re.compile(r" (?:test|val|eval|dev|train)\w* \w+\s*[:=] *$", re.IGNORECASE)
_RANK = re.compile(r"(top[-_ ]?|@\s?)(\d+)\b(?!\.\d|\s*%)", re.IGNORECASE)  # Acc@1, top-5
_AVERAGE = re.compile(r"mean|average|avg", re.IGNORECASE)
_TRAINING = re.compile(r"train", re.IGNORECASE)
_MEASURED = 10  # samples; fewer are a look at some
_HELD_OUT = re.compile(r"test|val|eval|dev|held", re.IGNORECASE)


class Figure(Struct, frozen=True):
    """One printed accuracy: its text ("97.5"), its label (" test accuracy: "), its pass."""

    line: PrintedLine
    slot: int  # the how manyth number of its line
    token: str
    label: str
    of: PassFacts

    @property
    def value(self) -> float:
        return float(self.token)

    @property
    def unit(self) -> float:
        """What the last digit printed is worth."""
        decimals = len(self.token.partition(".")[2])
        return 1.0 if "e" in self.token.lower() else 10.0**-decimals

    @property
    def digits(self) -> int:
        """Significant digits, the measure of how little a match can be chance."""
        return min(6, len(self.token.lstrip("+-0.").replace(".", "")))

    @property
    def averaged(self) -> bool:
        """Whether it is called a mean; over samples, batches or epochs, that is its own choice."""
        return bool(_AVERAGE.search(self.label))

    @property
    def name(self) -> str:
        """Its label without what stands around it."""
        return self.label.strip(" ,;:|=>(-\t").strip("'\"")

    @property
    def held_out(self) -> bool:
        """Whether its own label says test or validation."""
        return bool(_HELD_OUT.search(self.label)) and not _TRAINING.search(self.label)

    def shows(self, value: float) -> bool:
        """Whether printing `value`, as a fraction or in percent (rounded or cut), gives this."""
        percent = 100 * value
        # A mean of 32-bit numbers, printed with all its digits, is right to seven of them.
        rounded = abs(self.value - value) <= min(0.5 * self.unit, 0.05) + 2e-7 * max(1.0, value)
        in_percent = abs(self.value - percent) <= 0.5 * self.unit + 2e-7 * max(1.0, percent)
        return rounded or in_percent or 0 <= percent - self.value < self.unit


def figures(passes: Passes) -> dict[tuple[Place | None, int], list[Figure]]:
    """The printed accuracies, those of one place in the source and in the line together."""
    found: dict[tuple[Place | None, int], list[Figure]] = {}
    for line in passes.printed:
        if line.place is None or not _ACCURACY.search(line.text):
            continue
        for slot, token, label in _slots(line.text):
            of = _pass_of(line, label, passes)
            if of is not None:
                figure = Figure(line, slot, token, label, of)
                found.setdefault((line.place, slot), []).append(figure)
    return found


def labelled(text: str) -> Iterator[tuple[int, re.Match[str], str]]:
    """The numbers of a line, counted from 0, each with the text since the one before."""
    end = 0
    for slot, match in enumerate(_NUMBER.finditer(text)):
        yield slot, match, text[end : match.start()]
        end = match.end()


def _slots(text: str) -> Iterator[tuple[int, str, str]]:
    """The numbers that are called an accuracy: by the words before them, or by a % behind."""
    text = _RANK.sub(lambda m: ("top" if m[1][0] != "@" else "@") + _rank(m[2]), text)
    before = ""
    for slot, match, label in labelled(text):
        after = text[match.end() :].lstrip()
        named = bool(_ACCURACY.search(label)) or after.startswith("%")
        named |= bool(_ACCURACY.search(before) and _OF_IMAGES.match(label))
        before = label if _WHOLE.fullmatch(match.group()) else ""
        count = after.startswith("/") or label.rstrip().endswith("/")  # "891/1000"
        count |= match.group().isdigit() and bool(_OF_SO_MANY.match(after))
        # "loss 0.31, accuracy": the last word counts.
        words = label[-24:]
        if named and not count and not _OTHER.search(words):
            yield slot, match.group(), label


def _rank(number: str) -> str:
    """Among the first k: of 1 it is an accuracy, else another figure."""
    return "one" if number == "1" else "k"


def _pass_of(line: PrintedLine, label: str, passes: Passes) -> PassFacts | None:
    """The last pass that the label can mean; None for a figure printed in the middle of one, or
    where another network's predictions were compared since."""
    text = label if _TRAINING.search(label) or _HELD_OUT.search(label) else line.text
    training, held_out = bool(_TRAINING.search(text)), bool(_HELD_OUT.search(text))
    theirs = {p.index for p in passes.others}
    compared = [p for p in passes.others if p.counted and p.outputs_used]
    for one in sorted((*passes.passes, *compared), key=lambda p: p.index, reverse=True):
        if one.index > line.after_pass or one.interleaved:
            continue
        if training != held_out and training != (one.phase == "train"):
            continue
        if one.index in theirs or any(_between(other, one, line) for other in passes.others):
            return None  # another network was asked since: a teacher's figures are its own
        over = one.phase == "eval" or line.step >= one.first_step + one.steps
        return one if over and one.counted and not one.shortened else None
    return None


def _between(other: PassFacts, one: PassFacts, line: PrintedLine) -> bool:
    """Whether a pass of the same kind, of another network, came between a pass and a line."""
    alike = other.phase == one.phase and not other.interleaved and other.samples >= _MEASURED
    return alike and one.index < other.index <= line.after_pass
