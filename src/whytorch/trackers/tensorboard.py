"""TensorBoard: scalars by step, and the findings under Text. `where` is a folder of event files."""

from __future__ import annotations

from whytorch.trackers import Logged

FOLDER = "runs"  # SummaryWriter's own


def log(logged: Logged, where: str) -> str:
    from torch.utils.tensorboard import SummaryWriter

    folder = f"{where or FOLDER}/whytorch-{logged.name}"
    with SummaryWriter(folder) as writer:
        for name, values in logged.series.items():
            for step, value in values:
                writer.add_scalar(f"whytorch/{name}", value, step)
        for name, figure in logged.figures.items():
            writer.add_scalar(f"whytorch of the run/{name}", figure)
        writer.add_text("whytorch", logged.text)
    return f"tensorboard --logdir {where or FOLDER}"
