"""The docs say what the code does: commands, settings, errors, providers, examples."""

import re
import tomllib
from pathlib import Path

import click
import msgspec
import pytest

from hubdrives import config
from hubdrives.choice import Choice
from hubdrives.cli import cli
from hubdrives.config import ConnectionSettings, GatewaySettings, Grant, LimitSettings, SpaceSettings
from hubdrives.credentials import token_source
from hubdrives.credentials.oidc import OidcClientSettings
from hubdrives.errors import BadConfig, all_errors
from hubdrives.model import Policy
from hubdrives.providers import provider_class, provider_names
from hubdrives.providers.googledrive.exports import Exports, Options
from hubdrives.sync.merge import kinds

ROOT = Path(__file__).parents[1]
PAGES = {str(path.relative_to(ROOT)): path.read_text() for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]}
ADMIN = PAGES["docs/admin.md"]
ARCHITECTURE = PAGES["docs/architecture.md"]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGES[page], re.DOTALL | re.MULTILINE)


def commands_in(page: str) -> list[list[str]]:
    lines = [line.split("#")[0].strip() for block in blocks(page, "bash") for line in block.splitlines()]
    return [line.split() for line in lines if line.startswith("hubdrives ")]


def test_every_command_is_in_the_docs():
    named = {name for text in PAGES.values() for name in re.findall(r"hubdrives (\w+)", text)}
    assert set(cli.list_commands(click.Context(cli))) <= named


@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_command_in_the_docs_exists_with_its_options(page):
    for words in commands_in(page):
        command = cli.get_command(click.Context(cli), words[1])
        if isinstance(command, click.Group):
            command = command.get_command(click.Context(command), words[2])
        assert command is not None, words
        known = {option for parameter in command.params for option in parameter.opts}
        used = {word for word in words[2:] if word.startswith("--")}
        assert used <= known, words


@pytest.mark.parametrize(
    ("settings", "page"),
    [
        (ConnectionSettings, "docs/admin.md"),
        (LimitSettings, "docs/admin.md"),
        (Grant, "docs/admin.md"),
        (GatewaySettings, "docs/admin.md"),
        (SpaceSettings, "docs/spaces.md"),
        (Options, "docs/providers/googledrive.md"),
        (Exports, "docs/providers/googledrive.md"),
        (OidcClientSettings, "docs/admin/seafile.md"),
    ],
)
def test_every_setting_is_in_the_docs(settings, page):
    for field in msgspec.structs.fields(settings):
        assert re.search(rf"`(\w+\.)?{field.name}`|`{field.name}\.|`limits\.{field.name}`", PAGES[page]), field.name


@pytest.mark.parametrize("page", [page for page in PAGES if "```toml" in PAGES[page]])
def test_examples_of_settings_are_valid(page):
    for block in blocks(page, "toml"):
        if "[project." in block:
            tomllib.loads(block)
            continue
        settings = config.parse(block)
        for connection in settings.connections.values():
            kind = provider_class(connection.provider)
            assert connection.root is None or kind.parse(connection.root, base_url=connection.base_url)


@pytest.mark.parametrize("name", ["pull", "link"])
def test_every_option_of_what_authors_use_is_in_the_docs(name):
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    options = {parameter.opts[-1] for parameter in command.params if isinstance(parameter, click.Option)}
    said = PAGES["docs/author.md"] + PAGES["docs/user.md"]
    assert {option for option in options if not re.search(rf"`{option}\b", said)} == set()


def test_what_a_link_can_choose_is_in_the_docs():
    everything = Choice(subfolder="a", include=("a",), exclude=("a",), max_file=1, max_total=1, policy=Policy.THEIRS)
    table = re.findall(r"^\| `--[a-z-]+ \w+` \| `(\w+)` \|", PAGES["docs/author.md"], re.MULTILINE)
    assert table == [name for name, _ in everything.to_query()]
    assert all(f"`{policy}`" in PAGES["docs/author.md"] for policy in Policy)


def test_the_files_that_are_merged_by_lines_are_those_in_the_docs():
    table = PAGES["docs/user.md"].split("## Which files are merged?")[1].split("\n## ")[0]
    named = {
        name
        for row in re.findall(r"^(.*)\| line by line \|$", table, re.MULTILINE)
        for name in re.findall(r"`(.+?)`", row)
    }
    assert named == {f".{extension}" for extension in kinds.TEXT_EXTENSIONS} | kinds.TEXT_NAMES
    assert all(
        kinds.kind_of(f"a{extension}") is kinds.MergeKind.WHOLE for extension in (".csv", ".json", ".xml", ".svg")
    )
    assert (
        f"{kinds.MAX_TEXT_BYTES // 10**6} MB and notebooks of more than {kinds.MAX_NOTEBOOK_BYTES // 10**6} MB" in table
    )


def test_every_kind_of_credential_is_in_the_docs_and_no_other():
    with pytest.raises(BadConfig) as told:
        token_source({"kind": "none"}, connection="any")
    known = str(told.value).split("known: ")[1].rstrip(".").split(", ")
    table = ADMIN.split("| `kind` |")[1].split("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(known)


def test_the_hub_configuration_is_python():
    for block in blocks("docs/admin.md", "python"):
        compile(block, "docs/admin.md", "exec")


def test_every_error_is_in_the_docs_and_no_other():
    table = re.findall(r"^\| `([\w-]+)` \|", PAGES["docs/errors.md"], re.MULTILINE)
    assert table == list(dict.fromkeys(table))
    assert set(table) == {error.code for error in all_errors()}


def test_every_provider_has_a_page():
    assert {name for name in provider_names() if name != "gateway"} == {
        path.stem for path in ROOT.glob("docs/providers/*.md")
    }


@pytest.mark.parametrize("page", [*sorted(PAGES), "CHANGELOG.md", "CONTRIBUTING.md"])
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text()):
        assert (ROOT / page).parent.joinpath(target).exists(), target


def test_the_changelog_names_every_command():
    told = (ROOT / "CHANGELOG.md").read_text().split("**Command line**")[1].split("\n- ")[0]
    assert set(cli.list_commands(click.Context(cli))) <= set(re.findall(r"`(\w+)`", told))


def test_the_layers_in_the_docs_are_those_that_are_checked():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    checked = [re.findall(r"hubdrives\.([a-z]\w*)", floor) for floor in contracts[0]["layers"]]
    drawn = ARCHITECTURE.split("## Layers")[1].split("```")[1].strip().splitlines()
    assert [sorted(re.split(r"\s{2,}", line)[:-1]) for line in drawn] == [sorted(floor) for floor in checked if floor]


def test_every_invariant_in_the_docs_has_a_test_that_bears_its_number_and_no_other_has():
    promised = set(re.findall(r"^- \*\*S(\d+)\*\*", ARCHITECTURE, re.MULTILINE))
    tests = "".join(path.read_text() for path in ROOT.glob("tests/**/*.py"))
    assert promised == set(re.findall(r"def test_s(\d+)_", tests))


def test_every_dependency_has_a_reason_where_it_is_needed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    needed = {"everywhere": project["dependencies"], **extras}
    # What mints the providers' tokens is needed where the gateway is.
    minting = (needed.pop(name) for name in ("googledrive", "box", "oidc", "globus"))
    needed["gateway"] = sum(minting, needed["gateway"])
    declared = {(re.split(r"[\[>=<]", one)[0], where) for where, some in needed.items() for one in some}
    rows = re.findall(r"^\| ([\w, ()-]+) \| (\w+) \| \S", ARCHITECTURE.split("## Dependencies")[1], re.MULTILINE)
    told = {(re.sub(r" \(.*\)", "", name), where) for names, where in rows for name in names.split(", ")}
    assert told - {("package", "where")} == {one for one in declared if one[0] != "hubdrives"}
