"""Text that a notebook may hold as one string or as a list of its lines, which is the same."""

from typing import Any, Final

_SPLIT_MIMES: Final = frozenset({"application/javascript", "image/svg+xml"})
"""Beside text/*: what nbformat writes as lines."""


def joined(text: Any) -> str:
    """The text.

    Raises:
        ValueError: it is neither a string nor a list of strings.
    """
    if isinstance(text, str):
        return text
    try:
        return "".join(text)
    except TypeError:
        raise ValueError("no text") from None


def as_held(text: str, *, as_lines: bool) -> str | list[str]:
    """The text as a list of its lines, or as one string."""
    return text.splitlines(keepends=True) if as_lines else text


def same_outputs(one: list[Any], other: list[Any]) -> bool:
    """Whether the outputs are the same, whichever way their text is held."""
    return one == other or outputs_held(one, as_lines=False) == outputs_held(other, as_lines=False)


def outputs_held(outputs: list[Any], *, as_lines: bool) -> list[Any]:
    """The outputs with their text held in one way."""
    return [_output_held(output, as_lines=as_lines) for output in outputs]


def bundle_held(bundle: dict[str, Any], *, as_lines: bool) -> dict[str, Any]:
    """Data by MIME type (of an output or an attachment), with its text held in one way."""
    return {mime: _value_held(mime, value, as_lines=as_lines) for mime, value in bundle.items()}


def _output_held(output: Any, *, as_lines: bool) -> Any:
    if not isinstance(output, dict):
        return output
    if "text" in output and _is_text(output["text"]):
        return output | {"text": as_held(joined(output["text"]), as_lines=as_lines)}
    if isinstance(output.get("data"), dict):
        return output | {"data": bundle_held(output["data"], as_lines=as_lines)}
    return output


def _value_held(mime: str, value: Any, *, as_lines: bool) -> Any:
    if mime == "application/json" or mime.endswith("+json") or not _is_text(value):
        return value
    return as_held(joined(value), as_lines=as_lines and (mime.startswith("text/") or mime in _SPLIT_MIMES))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(line, str) for line in value))
