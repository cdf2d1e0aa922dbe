"""What counts as a change, and what a person reads."""

import copy
import json
import subprocess
import sys

import pytest
from tests.sync.merge.notebook.books import EDITORS, book, code, compact, jupyter, lab, named, printed, prose, result

from hubdrives.sync.merge.notebook import only_outputs_changed, readable, same_content

BASE = book(
    prose("# Title\ntext"), code("x = 1\nx", outputs=[printed("a\nb"), result("1")], count=1, tags=["t"]), code("y")
)


def changed(**fields):
    made = copy.deepcopy(BASE)
    made["cells"][1] |= fields
    return made


@pytest.mark.parametrize("editor", EDITORS)
def test_saving_with_another_editor_is_no_edit(editor):
    assert only_outputs_changed(jupyter(BASE), EDITORS[editor](BASE))
    assert only_outputs_changed(EDITORS[editor](BASE), jupyter(BASE))


def test_running_is_no_edit_and_is_other_content():
    ran = changed(outputs=[printed("other")], execution_count=5)
    assert only_outputs_changed(jupyter(BASE), lab(ran))
    assert not same_content(jupyter(BASE), jupyter(ran))
    assert not same_content(jupyter(BASE), jupyter(changed(execution_count=5)))


@pytest.mark.parametrize(
    "value",
    [
        changed(source="x = 2\nx"),
        changed(metadata={"tags": ["t", "mine"]}),
        BASE | {"cells": BASE["cells"][:2]},
        BASE | {"cells": BASE["cells"][::-1]},
        BASE | {"cells": [prose("# Title\ntext", kind="raw"), *BASE["cells"][1:]]},
        BASE | {"metadata": BASE["metadata"] | {"title": "Mine"}},
        BASE | {"cells": [BASE["cells"][0] | {"attachments": {"a": {"image/png": "AA"}}}, *BASE["cells"][1:]]},
    ],
    ids=["source", "metadata", "deleted", "order", "type", "title", "attachment"],
)
def test_what_a_person_changes_is_an_edit(value):
    assert not only_outputs_changed(jupyter(BASE), jupyter(value))
    assert not same_content(jupyter(BASE), jupyter(value))


def test_ids_and_the_formats_version_are_content():
    assert not same_content(jupyter(BASE), lab(BASE))
    assert not same_content(jupyter(named("a", "b")), jupyter(named("a", "b")).replace(b'"id": "b"', b'"id": "c"'))
    assert same_content(jupyter(BASE), compact(BASE))
    assert not same_content(jupyter(BASE), jupyter(BASE | {"nbformat_minor": 3}))


def test_a_person_reads_types_and_sources():
    assert readable(lab(BASE)) == ["# %% [markdown]", "# Title", "text", "", "# %%", "x = 1", "x", "", "# %%", "y", ""]
    assert readable(jupyter(book())) == []
    assert readable(b"print('no notebook')") is None


def test_an_old_notebook_can_be_read_where_jupyter_is_and_is_left_alone_where_not():
    sheet = {"cells": [{"cell_type": "heading", "level": 1, "metadata": {}, "source": "Old"}], "metadata": {}}
    old = json.dumps({"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [sheet]}).encode()
    assert readable(old) == ["# %% [markdown]", "# Old", ""]
    program = (
        "import sys; sys.modules['nbformat'] = None\n"
        "from hubdrives.sync.merge.notebook import readable\n"
        f"print(readable({old!r}), 'jsonschema' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "False"]
