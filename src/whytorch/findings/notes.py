"""What a reader of the report should know of the run itself."""

from __future__ import annotations

from whytorch.evidence.facts import Run


def of_run(run: Run) -> tuple[str, ...]:
    """How it ended, what it wrote, and what failed inside whytorch."""
    notes = []
    if run.exit == "interrupted":
        notes.append("Interrupted: the answer rests on what was seen until then.")
    if run.exit == "running":
        notes.append("The training goes on: the answer rests on what was seen until now.")
    if run.exit == "timeout":
        notes.append("The script was ended when its time was up; nothing after that was seen.")
    if run.exit == "killed":
        notes.append("The script's process was killed from outside (out of memory?).")
    if run.broken_off:
        notes.append(
            f"The shortened run ended early: {run.broken_off}. With a larger --budget it may not."
        )
    if run.wrote:
        few = ", ".join(run.wrote[:5]) + (" ..." if len(run.wrote) > 5 else "")
        notes.append(f"Written only in rehearsal, your files are as they were: {few}")
    if run.changed:
        notes.append(f"Changed on disk all the same: {', '.join(run.changed[:10])}")
    if run.faults:
        first = run.faults[0].splitlines()[-1]
        notes.append(f"{len(run.faults)} observations failed inside whytorch: {first[:200]}")
    return tuple(notes)
