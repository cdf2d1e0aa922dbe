import pytest

from hubdrives.sync.merge import MergeKind, kind_of, mergeable
from hubdrives.sync.merge.kinds import MAX_NOTEBOOK_BYTES, MAX_TEXT_BYTES


@pytest.mark.parametrize("path", ["a.ipynb", "week 1/a.IPYNB", "x.y/.ipynb"])
def test_a_notebook_is_merged_as_one(path):
    assert kind_of(path) is MergeKind.NOTEBOOK


@pytest.mark.parametrize(
    "path",
    ["a.py", "x/README.md", "README", "Makefile", "report.TEX", "a.R", "a.Rmd", "a.qmd", "a.jl", "q.sql", "notes.txt",
     "environment.yml", "pyproject.toml", ".gitignore", ".bashrc", "a.b/Dockerfile", "index.html", "a.c", "A.java"],
)  # fmt: skip
def test_what_people_write_in_lines_is_merged_by_lines(path):
    assert kind_of(path) is MergeKind.TEXT


@pytest.mark.parametrize(
    "path",
    ["rain.csv", "a.tsv", "a.json", "a.geojson", "a.xml", "a.svg", "a.png", "a.docx", "a.parquet", "a.ipynb.bak",
     "data", "a.py/data", "ipynb", "py", "a.", "", "poetry.lock",
     "conda-lock.yml", "package-lock.json", "Manifest.toml"],
)  # fmt: skip
def test_data_and_what_is_unknown_are_taken_whole(path):
    assert kind_of(path) is MergeKind.WHOLE


@pytest.mark.parametrize(("path", "limit"), [("a.py", MAX_TEXT_BYTES), ("a.ipynb", MAX_NOTEBOOK_BYTES), ("a.csv", -1)])
def test_what_is_larger_than_people_write_is_not_merged(path, limit):
    assert not mergeable(path, limit + 1)
    assert limit < 0 or mergeable(path, limit)
