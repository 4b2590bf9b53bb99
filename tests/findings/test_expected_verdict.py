"""What the first line says where the user expected something."""

from __future__ import annotations

import pytest

from whytorch.findings.expectation import Answer
from whytorch.findings.verdict import expecting
from whytorch.records import Verdict

SOUND = Verdict("nothing-found", "No mistake found in 90 checks")


def test_without_an_expectation_nothing_changes() -> None:
    assert expecting(SOUND, None) is SOUND


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("unrealistic", "expectation-unrealistic"),
        ("met", "nothing-found"),
        ("reachable", "nothing-found"),
        ("unmet", "unknown-cause"),
    ],
)
def test_a_sound_script_is_answered_by_the_expectation(state: str, kind: str) -> None:
    answer = Answer(state, "Expected test accuracy >= 0.99; 0.9 was measured")  # type: ignore
    found = expecting(SOUND, answer)
    assert (found.kind, found.headline) == (kind, answer.headline)


def test_a_mistake_stays_the_first_line() -> None:
    mistake = Verdict("mistake", "Most likely: dead ReLU units", "dead-relu")
    assert expecting(mistake, Answer("unrealistic", "Expected more")) is mistake
