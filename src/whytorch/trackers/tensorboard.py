"""TensorBoard: scalars by step, and the findings under Text. `where` is a folder of event files."""

from __future__ import annotations

import time
from typing import Any

from whytorch.trackers import Logged

FOLDER = "runs"  # that of torch.utils.tensorboard


def log(logged: Logged, where: str) -> str:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.text.summary_v2 import text_pb
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(f"{where or FOLDER}/whytorch-{logged.name}")

    def add(summary: Any, step: int) -> None:
        writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))

    def scalar(tag: str, value: float, step: int = 0) -> None:
        add(Summary(value=[Summary.Value(tag=tag, simple_value=value)]), step)

    for name, values in logged.series.items():
        for step, value in values:
            scalar(f"whytorch/{name}", value, step)
    for name, figure in logged.figures.items():
        scalar(f"whytorch of the run/{name}", figure)
    add(text_pb("whytorch/findings", logged.text), 0)
    writer.close()
    return f"tensorboard --logdir {where or FOLDER}"
