"""A notebook for a person's eyes, in the manner of a percent script: https://jupytext.readthedocs.io/en/latest/formats-scripts.html."""

from hubdrives.sync.merge.notebook.document import Notebook


def lines_of(notebook: Notebook) -> list[str]:
    """The cells' types and sources, without line ends; outputs and metadata are left out."""
    lines: list[str] = []
    for cell in notebook.cells:
        lines.append("# %%" if cell.kind == "code" else f"# %% [{cell.kind}]")
        # A half of a letter can be in JSON, and nowhere else.
        lines += cell.text.encode(errors="replace").decode().splitlines()
        lines.append("")
    return lines
