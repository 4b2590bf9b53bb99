"""What a script reports about its result, beside or instead of accuracy."""

from __future__ import annotations

import re

from whytorch.evidence.facts import Passes
from whytorch.evidence.source import Source
from whytorch.records import Place

_ACCURACY = re.compile(r"\bacc|_acc|accuracy|correct|\bscore|top-?1|hits?\b", re.IGNORECASE)
# Figures that show how single classes fare, or that do not gain from naming the commonest one.
_FAIR = re.compile(
    r"(?<![a-z])(?:recall|f1|f-1|f_?beta|f-?score|auc|auroc|roc(?:_|\b)|balanced|sensitiv|specificity"
    r"|per.?class|each class|of class|class.?wise|confusion|kappa|mcc\b|matthews|iou\b|jaccard"
    r"|dice\b|average_precision|macro|classification_report|precision(?:_score|_recall)?\b"
    r"|accuracy (?:of|for) \w)",
    re.IGNORECASE,
)
_FAIR_CLASSES = re.compile(
    r"(?:Recall|F1Score|FBetaScore|AUROC|Precision|ConfusionMatrix|CohenKappa|Specificity"
    r"|JaccardIndex|StatScores)$"
)


def fair_figure(passes: Passes, source: Source | None) -> bool:
    """Whether the script looks at more than accuracy, in what it prints or what it calls."""
    if any(_FAIR.search(line.text) for line in passes.printed):
        return True
    if any(_FAIR.search(call.function) for call in passes.scores):
        return True
    calls = [call.last for call in source.calls] if source is not None else []
    return any(_FAIR.match(name) or _FAIR_CLASSES.search(name) for name in calls)


def accuracy_line(passes: Passes, after: int) -> Place | None:
    """The last line with a number that is called an accuracy, printed after this pass."""
    for line in reversed(passes.printed):
        if line.numbers and line.after_pass >= after and _ACCURACY.search(line.text):
            return line.place
    return None
