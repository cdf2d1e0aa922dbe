"""`hubdrives gateway --check`."""

import pytest

GOOD = """
[connections.course]
provider = "googledrive"
root = "https://drive.google.com/drive/folders/1CourseFolderAbcdefghijklmnopqrst"

[[grants]]
connection = "course"
groups = ["students", "staff"]
users = ["ada"]

[[grants]]
connection = "course"
root = "https://drive.google.com/drive/folders/1OtherFolderAbcdefghijklmnopqrstu"
everyone = true
can = ["read", "link"]
"""


def check(shell, text):
    (shell.folder / "g.toml").write_text(text)
    return shell.run("gateway", "--check", env={"HUBDRIVES_CONFIG": str(shell.folder / "g.toml")})


def test_a_good_configuration_is_told_in_words(shell):
    done = check(shell, GOOD)
    first, second = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert "1CourseFolder" in first
    assert first.endswith("group students, group staff, user ada may read.")
    assert second.endswith("every user of the hub may read and link.")


def test_who_may_what_in_a_space_is_told_too(shell):
    text = """
    [connections.robot]
    provider = "box"
    root = "https://app.box.com/folder/1"
    [spaces.results]
    connection = "robot"
    folder = "data"
    [[grants]]
    connection = "results"
    everyone = true
    can = ["read", "write"]
    [[grants]]
    connection = "results"
    users = ["boss"]
    services = ["neuron"]
    can = ["manage"]
    """
    done = check(shell, text)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "space results: every user of the hub may read in their own and write in their own.",
        "space results: user boss, service neuron may manage all users'.",
    ]
    twins = check(shell, text + '[spaces.other]\nconnection = "robot"\nfolder = "data"\n')
    assert (twins.code, "are the same folders" in twins.err) == (1, True)


def test_without_grants_nobody_may_do_anything(shell):
    assert check(shell, "").out == "Nobody may do anything: there are no grants.\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[gateway]\nport = 'x'", "port"),
        (GOOD.replace("googledrive", "floppy"), "'floppy'"),
        (GOOD.replace("1OtherFolderAbcdefghijklmnopqrstu", ""), "address"),
        (
            GOOD.replace("https://drive.google.com/drive/folders/1Oth", "https://example.org/1Oth"),
            "no address of its provider",
        ),
        (
            GOOD.replace("https://drive.google.com/drive/folders/1Cour", "https://example.org/1Cour"),
            "root of connection",
        ),
        (GOOD.replace("root = ", "base_url = ", 1), "no root"),
        (GOOD + "\n[gateway]\nlink_key_file = '/nowhere'", "/nowhere"),
        (GOOD.replace("[[grants]]", "credential = { kind = 'magic' }\n[[grants]]", 1), "'magic'"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(shell, text, said):
    done = check(shell, text)
    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert done.err.startswith("error: ")
