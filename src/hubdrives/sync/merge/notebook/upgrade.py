"""Notebooks from before nbformat 4, brought up by Jupyter's own code: the same that ran when the user's was."""

import json
from typing import Any


def upgraded(text: str) -> dict[str, Any] | None:
    """A notebook of an older format in that of nbformat 4; None if that can't be done here.

    It is what a Jupyter server makes of such a file when the user opens it:
    https://nbformat.readthedocs.io/en/latest/api.html#nbformat.reads.
    """
    try:
        # A second or so, and only where Jupyter is: old notebooks alone pay for it.
        import nbformat  # noqa: PLC0415
    except ImportError:
        return None
    try:
        notebook: dict[str, Any] = json.loads(json.dumps(nbformat.reads(text, as_version=4)))
    except Exception:  # noqa: BLE001 - whatever it makes of a broken notebook, it is not to be trusted
        return None
    for key in ("orig_nbformat", "orig_nbformat_minor"):
        notebook["metadata"].pop(key, None)
    for cell in notebook["cells"]:
        # Chance made them.
        cell.pop("id", None)
    return notebook
