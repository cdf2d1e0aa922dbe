"""What is missing from a cell, or has no place in it: common faults that Jupyter lives with and nbformat does not."""

from typing import Any, Final

from hubdrives.sync.merge.notebook.multiline import joined

_TEXT_CELL: Final[dict[str, Any]] = {"cell_type": "", "metadata": {}, "source": ""}
_CELLS: Final[dict[str, dict[str, Any]]] = {
    "code": _TEXT_CELL | {"execution_count": None, "outputs": []},
    "markdown": _TEXT_CELL,
    "raw": _TEXT_CELL,
}
"""What a cell must have, by type, and what it is if it is missing."""
_OPTIONAL: Final[dict[str, frozenset[str]]] = {
    "code": frozenset({"id"}),
    "markdown": frozenset({"id", "attachments"}),
    "raw": frozenset({"id", "attachments"}),
}
_OUTPUTS: Final[dict[str, dict[str, Any]]] = {
    "stream": {"output_type": "", "name": "stdout", "text": ""},
    "display_data": {"output_type": "", "data": {}, "metadata": {}},
    "execute_result": {"output_type": "", "data": {}, "metadata": {}, "execution_count": None},
    "error": {"output_type": "", "ename": "", "evalue": "", "traceback": []},
}


def mended(cell: Any) -> dict[str, Any]:
    """The cell as the format wants it; the very object if nothing had to be done.

    Raises:
        ValueError: it is none of the format's cells.
    """
    if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str) or cell["cell_type"] not in _CELLS:
        raise ValueError("no cell")
    kind = cell["cell_type"]
    sound = _filled(cell, _CELLS[kind], _OPTIONAL[kind])
    joined(sound["source"])
    held = (("metadata", dict), ("attachments", dict), ("outputs", list))
    if not all(isinstance(sound[key], type_) for key, type_ in held if key in sound):
        raise ValueError("no cell")
    if kind == "code":
        sound = _counted(sound)
        outputs = sound["outputs"]
        better = [_mended_output(output) for output in outputs]
        if any(new is not old for new, old in zip(better, outputs, strict=True)):
            sound = sound | {"outputs": better}
    return sound


def mended_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """A notebook's metadata as the format wants it; the very object if nothing had to be done."""
    kernel, language = metadata.get("kernelspec"), metadata.get("language_info")
    if isinstance(kernel, dict) and isinstance(kernel.get("name"), str) and "display_name" not in kernel:
        metadata = metadata | {"kernelspec": kernel | {"display_name": kernel["name"]}}
    if isinstance(language, dict) and "name" not in language:
        metadata = {key: value for key, value in metadata.items() if key != "language_info"}
    return metadata


def _mended_output(output: Any) -> Any:
    if not isinstance(output, dict) or not isinstance(output.get("output_type"), str):
        return output
    defaults = _OUTPUTS.get(output["output_type"])
    return output if defaults is None else _counted(_filled(output, defaults, frozenset()))


def _counted(holder: dict[str, Any]) -> dict[str, Any]:
    """With an execution count that is one, or none: a cell that was saved while it ran may have "*"."""
    count = holder.get("execution_count")
    is_count = count is None or (type(count) is int and count >= 0)
    return holder if is_count else holder | {"execution_count": None}


def _filled(found: dict[str, Any], defaults: dict[str, Any], optional: frozenset[str]) -> dict[str, Any]:
    if defaults.keys() <= found.keys() and found.keys() - optional <= defaults.keys():
        return found
    kept = {key: value for key, value in found.items() if key in defaults or key in optional}
    return kept | {key: default for key, default in defaults.items() if key not in kept}
