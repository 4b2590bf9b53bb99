"""The fixture `whytorch` for pytest: a test that keeps a training healthy.

    def test_training(whytorch):
        whytorch.assert_healthy(model, train_loader, loss_fn, optimizer)

pytest imports this file at every start, so it imports nothing else until the fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from whytorch.records import Report


class Whytorch:
    """What the fixture gives."""

    def assert_healthy(
        self,
        model: Any,
        train_loader: Iterable[Any],
        loss_fn: Callable[[Any, Any], Any],
        optimizer: Any,
        *,
        eval_loader: Iterable[Any] | None = None,
        epochs: int = 1,
        budget: float = 20.0,
        select: Sequence[str] = (),
        ignore: Sequence[str] = (),
        seed: int | None = 0,
    ) -> Report:
        """Fail with what is wrong if a short training of these objects is not sound.

        They are trained for `epochs` epochs or `budget` seconds, whichever is less, in a fork:
        nothing of them changes. `select` and `ignore` are ids of mistakes (see: whytorch list).
        Errors, warnings, and symptoms without a known cause fail; advice does not. What could not
        be judged at all fails as well, since it is no proof of health. Returns the report.
        """
        __tracebackhide__ = True
        from whytorch.cli import exit_code
        from whytorch.console import NOTHING_FOUND
        from whytorch.live import diagnose
        from whytorch.records import Options

        report = diagnose(
            model=model,
            train_loader=train_loader,
            loss_fn=loss_fn,
            optimizer=optimizer,
            eval_loader=eval_loader,
            epochs=epochs,
            options=Options(
                budget=budget, select=tuple(select), ignore=tuple(ignore), seed=seed, lab=False
            ),
        )
        if exit_code(report) != NOTHING_FOUND:
            pytest.fail(_told(report), pytrace=False)
        return report


def _told(report: Report) -> str:
    from whytorch.reports._text import sentence

    lines = [sentence(report.verdict.headline)]
    for finding in report.findings:
        if finding.severity == "advice":
            continue
        where = f"{finding.places[0]}: " if finding.places else ""
        lines += ["", sentence(f"{where}{finding.severity} {finding.id}: {finding.says}")]
        if finding.fix is not None:
            lines.append(f"    {sentence(finding.fix.says)}")
    if report.saved is not None:
        lines += ["", f"All of it: whytorch report {sentence(report.saved)}"]
    return "\n".join(lines)


@pytest.fixture
def whytorch() -> Whytorch:
    """Keeps a training healthy: `whytorch.assert_healthy(model, loader, loss_fn, optimizer)`."""
    return Whytorch()
