"""deploy/Dockerfile: it needs what is there, and makes what the Deployment runs."""

import re
import subprocess
from fnmatch import fnmatch
from importlib.metadata import version

from packaging.requirements import Requirement
from tests.deploy.objects import DEPLOY, container, of_kind, pod

ROOT = DEPLOY.parent
LINES = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text()).splitlines()
INSTRUCTIONS = [tuple(line.split(maxsplit=1)) for line in LINES if line and not line.startswith("#")]
_SECOND = INSTRUCTIONS.index(next(one for one in INSTRUCTIONS[1:] if one[0] == "FROM"), 1)
BUILD, RUN = INSTRUCTIONS[:_SECOND], INSTRUCTIONS[_SECOND:]


def test_what_is_copied_is_there_and_is_sent_to_the_builder():
    rules = [line for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules[0] == "*"
    copied = [source for name, text in BUILD if name == "COPY" for source in text.split()[:-1]]
    assert {"pyproject.toml", "src"} <= set(copied)
    assert {f"!{source}" for source in copied} == {rule for rule in rules if rule.startswith("!")}
    assert all((ROOT / source).exists() for source in copied)
    assert not [source for source in copied for rule in rules[1:] if rule[0] != "!" and fnmatch(source, rule)]


def test_what_the_build_of_the_package_reads_is_copied():
    text = (ROOT / "pyproject.toml").read_text()
    read = re.findall(r'^(?:readme|license-files|path) = \[?"([\w./-]+)"', text, re.MULTILINE)
    read += re.findall(r'^"([\w./-]+)" = "etc/', text, re.MULTILINE)
    assert len(read) == 4
    copied = [source for name, text in BUILD if name == "COPY" for source in text.split()[:-1]]
    assert all(any(file == source or file.startswith(f"{source}/") for source in copied) for file in read)


def test_it_runs_as_the_deployments_user_and_command_at_its_port(objects):
    said = dict(RUN)
    context = pod(objects)["spec"]["securityContext"]
    assert said["USER"] == f"{context['runAsUser']}:{context['runAsGroup']}"
    assert said["ENTRYPOINT"] == str(container(objects)["command"]).replace("'", '"')
    assert [int(said["EXPOSE"])] == [port["containerPort"] for port in container(objects)["ports"]]
    assert "PYTHONDONTWRITEBYTECODE=1" in said["ENV"]


def test_nothing_of_the_sources_or_of_a_secret_is_in_the_image(objects):
    assert [text for name, text in RUN if name in {"COPY", "ADD"}] == ["--from=build /opt/hubdrives /opt/hubdrives"]
    assert not {"ARG", "ADD"} & {name for name, _ in INSTRUCTIONS}
    assert of_kind(objects, "Deployment")["metadata"]["name"] in dict(RUN)["ENTRYPOINT"]


def test_it_installs_the_versions_that_are_tested(tmp_path):
    (command,) = [text for name, text in BUILD if name == "RUN" and text.startswith("sed ")]
    (tmp_path / "requirements").symlink_to(ROOT / "requirements")
    subprocess.run(command, shell=True, check=True, cwd=tmp_path)
    made = (tmp_path / "constraints.txt").read_text().splitlines()
    pinned = [Requirement(line) for line in made if not line.startswith("#")]
    assert len(pinned) == len(re.findall(r"^[\w.-]+==", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE))
    assert [one for one in pinned if one.name == "aiohttp" and one.specifier.contains(version("aiohttp"))]
    assert "--constraint constraints.txt" in dict(BUILD)["RUN"]
