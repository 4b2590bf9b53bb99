"""Weights & Biases: a run with its scalars, the verdict in the summary, the page as HTML. `where`
is a project; WANDB_MODE=offline and the other variables of wandb apply."""

from __future__ import annotations

from typing import Any

from whytorch.trackers import Logged

PROJECT = "whytorch"


def log(logged: Logged, where: str) -> str:
    import wandb

    run = wandb.init(project=where or PROJECT, name=logged.name, job_type="whytorch")
    by_step: dict[int, dict[str, Any]] = {}
    for name, values in logged.series.items():
        for step, value in values:
            by_step.setdefault(step, {})[f"whytorch/{name}"] = value
    for step in sorted(by_step):
        run.log(by_step[step], step=step)
    if logged.page is not None:
        run.log({"whytorch/report": wandb.Html(logged.page.read_text(encoding="utf-8"))})
    for name, figure in logged.figures.items():
        run.summary[f"whytorch/{name}"] = figure
    run.summary["whytorch/verdict"] = logged.verdict
    told = run.url or run.dir
    run.finish()
    return str(told)
