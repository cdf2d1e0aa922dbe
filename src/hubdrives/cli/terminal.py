"""Whether a person sits at a terminal."""

import os
from typing import TextIO

_IN_NOTEBOOK = "JPY_PARENT_PID"
"""Jupyter's kernels have it, and what they start: https://jupyter-client.readthedocs.io/"""


def is_terminal(stream: TextIO) -> bool:
    """Whether a person reads `stream` on a terminal, or types there.

    What a notebook starts by `!` has a terminal, too, but one that only grows, and that nobody can type into.
    """
    return stream.isatty() and _IN_NOTEBOOK not in os.environ
