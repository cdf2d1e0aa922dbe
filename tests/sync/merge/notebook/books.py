"""Notebooks as values, and the editors that save them."""

import copy
import hashlib
import json
import warnings
from collections.abc import Callable, Iterable

import nbformat

KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "version": "3.11.7", "file_extension": ".py"},
}


def code(source, *, name=None, outputs=(), count=None, **metadata):
    cell = {
        "cell_type": "code",
        "execution_count": count,
        "metadata": metadata,
        "outputs": list(outputs),
        "source": source,
    }
    return cell if name is None else cell | {"id": name}


def prose(source, *, name=None, kind="markdown", **metadata):
    cell = {"cell_type": kind, "metadata": metadata, "source": source}
    return cell if name is None else cell | {"id": name}


def printed(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def result(text, count=1):
    return {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}, "execution_count": count}


def book(*cells, minor=None, metadata=None):
    """A notebook with ids if its first cell has one."""
    if minor is None:
        minor = 5 if cells and "id" in cells[0] else 4
    return {
        "cells": copy.deepcopy(list(cells)),
        "metadata": KERNEL if metadata is None else metadata,
        "nbformat": 4,
        "nbformat_minor": minor,
    }


def named(*sources, minor=5):
    """Code cells with ids a, b, c and so on; without ids below minor version 5."""
    return book(
        *(code(source, name=chr(97 + at) if minor >= 5 else None) for at, source in enumerate(sources)), minor=minor
    )


def as_lines(value):
    """The notebook with its text held as lists of lines."""
    made = copy.deepcopy(value)
    for cell in made["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = output["text"].splitlines(keepends=True)
            for mime, text in output.get("data", {}).items():
                output["data"][mime] = text.splitlines(keepends=True)
    return made


def jupyter(value):
    """As Jupyter's server writes a notebook."""
    text = json.dumps(as_lines(value), ensure_ascii=False, indent=1, sort_keys=True, separators=(",", ": "))
    return (text + "\n").encode()


def lab(value):
    """JupyterLab gives ids to cells that have none."""
    made = copy.deepcopy(value)
    if made["nbformat_minor"] < 5:
        made["nbformat_minor"] = 5
        for place, cell in enumerate(made["cells"]):
            cell["id"] = hashlib.sha256(f"lab {place} {cell['source']}".encode()).hexdigest()[:8]
    return jupyter(made)


def classic(value):
    """The classic notebook notes how a cell looks, and has no ids."""
    made = copy.deepcopy(value)
    made["nbformat_minor"] = 4
    for cell in made["cells"]:
        cell.pop("id", None)
        if cell["cell_type"] == "code":
            cell["metadata"]["collapsed"] = False
    return jupyter(made)


def vscode(value):
    """VS Code makes ids of its own, keeps its own metadata, and ends with no line end."""
    made = copy.deepcopy(value)
    made["nbformat_minor"] = 5
    made["metadata"] = made["metadata"] | {
        "language_info": {"name": "python"},
        "vscode": {"interpreter": {"hash": "1"}},
    }
    for place, cell in enumerate(made["cells"]):
        cell["id"] = hashlib.sha256(f"code {place} {cell['source']}".encode()).hexdigest()[:8]
        cell["metadata"]["vscode"] = {"languageId": "python"}
    made = as_lines(made)
    made["cells"] = [
        {
            key: cell[key]
            for key in ("cell_type", "id", "metadata", "source", "execution_count", "outputs")
            if key in cell
        }
        for cell in made["cells"]
    ]
    return json.dumps(made, ensure_ascii=False, indent=2).encode()


def colab(value):
    """Colab has nbformat 4.0, ids in the metadata, two spaces, and an order of its own."""
    made = as_lines(value)
    for place, cell in enumerate(made["cells"]):
        cell.pop("id", None)
        if "id" not in cell["metadata"]:
            source = "".join(cell["source"])
            cell["metadata"] |= {"id": hashlib.sha256(f"colab {place} {source}".encode()).hexdigest()[:12]}
    keys = ("cell_type", "source", "metadata", "execution_count", "outputs", "attachments")
    made["cells"] = [{key: cell[key] for key in keys if key in cell} for cell in made["cells"]]
    metadata = made["metadata"] | {"colab": {"provenance": []}, "language_info": {"name": "python"}}
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 0, "metadata": metadata, "cells": made["cells"]}, ensure_ascii=False, indent=2
    ).encode()


def compact(value):
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


def windows(value):
    return jupyter(value).replace(b"\n", b"\r\n")


EDITORS: dict[str, Callable] = {
    "jupyter": jupyter,
    "lab": lab,
    "classic": classic,
    "vscode": vscode,
    "colab": colab,
    "compact": compact,
    "windows": windows,
}


def opened(data):
    """The notebook in a file, its text joined; fails unless nbformat finds no fault with it."""
    value = json.loads(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nbformat.validate(copy.deepcopy(value))
    for cell in value["cells"]:
        cell["source"] = "".join(cell["source"])
        for output in cell.get("outputs", []):
            for holder, key in ((output, "text"), (output.get("data", {}), "text/plain")):
                if key in holder:
                    holder[key] = "".join(holder[key])
    return value


def sources(data):
    """The sources of a file's cells."""
    return [cell["source"] for cell in opened(data)["cells"]]


def lines(texts: Iterable[str]):
    """All lines, and how often each is there."""
    counts: dict[str, int] = {}
    for text in texts:
        for line in text.splitlines():
            counts[line] = counts.get(line, 0) + 1
    return counts
