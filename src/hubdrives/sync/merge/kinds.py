"""Which files are merged, and how: decided by name, as an author would."""

from enum import StrEnum
from typing import Final

MAX_TEXT_BYTES: Final = 1_000_000
"""No person writes more into one file; what is larger was made by a program."""

MAX_NOTEBOOK_BYTES: Final = 50_000_000
"""Three versions are held in memory, several times their size once they are parsed."""


class MergeKind(StrEnum):
    """How two people's changes of one file come together."""

    NOTEBOOK = "notebook"
    """Cell by cell."""
    TEXT = "text"
    """Line by line."""
    WHOLE = "whole"
    """Not at all: one of the two versions is taken as it is."""


# What people write, one statement or sentence a line, so that it still makes sense when lines of two versions mix. Data
# do not: rows of a CSV, or the brackets of JSON and XML. YAML is here because people write it and its lines stand for
# themselves as those of Python do; what programs write in it is told by its name, below. So is HTML that people write;
# pages that programs write are mostly above the limit.
_PROSE = "md markdown rst txt text adoc asciidoc org textile tex ltx sty cls bib rnw typ"
_LITERATE = "qmd rmd myst"
_CODE = (
    "py pyi pyx pxd ipy sage r jl m sql stan do ado sas sps wl "
    "sh bash zsh fish ps1 bat cmd awk sed gp gnuplot "
    "c h cc cpp cxx hh hpp cu cuh cs d f f90 f95 f03 f08 for go java kt scala groovy rs swift zig nim "
    "js mjs cjs jsx ts tsx php rb pl pm lua tcl "
    "hs lhs ml mli clj ex exs erl el lisp scm rkt lean thy pro asm s v sv vhd vhdl "
    "html htm css scss sass less j2 jinja "
    "dot gv mmd puml graphql proto smk nf wdl cmake mk gradle tf hcl nix"
)
_SETTINGS = "yml yaml toml ini cfg conf properties env editorconfig gitignore gitattributes dockerignore"
TEXT_EXTENSIONS: Final = frozenset(f"{_PROSE} {_LITERATE} {_CODE} {_SETTINGS}".split())
"""In lower case, without the dot."""

_NAMES = (
    "makefile gnumakefile dockerfile containerfile snakefile jenkinsfile rakefile gemfile procfile vagrantfile "
    "readme license licence copying notice authors contributors changelog changes contributing install todo "
    "postbuild .bashrc .bash_profile .profile .rprofile .renviron"
)
TEXT_NAMES: Final = frozenset(_NAMES.split())
"""Files without a telling extension, in lower case."""

_LOCKED: Final = ("-lock.yml", "-lock.yaml", ".lock.yml", ".lock.yaml", "manifest.toml")
"""How the names of files end in which programs list exact versions; others are called *.lock or *.json."""


def kind_of(path: str) -> MergeKind:
    """How the file at `path` is merged."""
    name = path.rpartition("/")[2].lower()
    extension = name.rpartition(".")[2] if "." in name else ""
    if extension == "ipynb":
        return MergeKind.NOTEBOOK
    if name.endswith(_LOCKED):
        return MergeKind.WHOLE
    return MergeKind.TEXT if name in TEXT_NAMES or extension in TEXT_EXTENSIONS else MergeKind.WHOLE


def mergeable(path: str, size: int) -> bool:
    """Whether a file of `size` bytes at `path` is worth being read for a merge."""
    kind = kind_of(path)
    return kind is not MergeKind.WHOLE and size <= (
        MAX_NOTEBOOK_BYTES if kind is MergeKind.NOTEBOOK else MAX_TEXT_BYTES
    )
