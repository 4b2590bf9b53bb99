"""The recorder: hooks inside the user's process that observe a training and change nothing in it.

One file per thing observed; `core.Recorder` holds them together. Importing this package imports
torch, so only the child process does.
"""

from whytorch.evidence.recorder.core import Recorder

__all__ = ["Recorder"]
