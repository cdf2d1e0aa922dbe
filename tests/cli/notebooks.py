"""Notebooks as JupyterLab saves them."""

import json


def notebook(*sources: str, ran: int = 0) -> str:
    """One with a code cell for each of `sources`; `ran`, if not 0, is what was counted when they were run."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": ran or None,
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": [{"name": "stdout", "output_type": "stream", "text": [f"run {ran}\n"]}] if ran else [],
            "source": source.splitlines(keepends=True),
        }
        for number, source in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"
