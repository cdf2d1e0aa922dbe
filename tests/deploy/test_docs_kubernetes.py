"""docs/admin/kubernetes.md: what stands there is applied, as far as that goes without a cluster."""

import re
import shutil

import jsonschema
import kubernetes_validate
import pytest
import yaml
from tests.deploy.chart import VALUES, config_lines
from tests.deploy.objects import DEPLOY, Peer, allows, container, mounts, of_kind, pod, rendered, selects
from tests.hub.configuring import KUBE, load, scopes, service, spawner_environment

from hubdrives import config
from hubdrives.doctor.findings import Code

ROOT = DEPLOY.parent
PAGE = (ROOT / "docs" / "admin" / "kubernetes.md").read_text()
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)]
COMMANDS = re.sub(r"\\\n\s*", "", "".join(re.findall(r"^```bash\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)))
KUSTOMIZATION, CAMPUS, PROMETHEUS, METRICS, SCRAPE, PLAIN = BLOCKS
SIMPLE = yaml.safe_load((DEPLOY / "z2jh" / "simple.yaml").read_text())
GATEWAY = yaml.safe_load((DEPLOY / "z2jh" / "values.yaml").read_text())


@pytest.fixture(scope="module")
def overlaid(tmp_path_factory):
    """What `kubectl apply --kustomize my-hub` sends, with the page's other policies among its resources."""
    folder = tmp_path_factory.mktemp("hubs")
    shutil.copytree(DEPLOY, folder / "hubdrives" / "deploy")
    mine = folder / "my-hub"
    mine.mkdir()
    more = [CAMPUS, METRICS]
    (mine / "more.yaml").write_text(yaml.safe_dump_all(more))
    resources = [*KUSTOMIZATION["resources"], "more.yaml"]
    (mine / "kustomization.yaml").write_text(yaml.safe_dump(KUSTOMIZATION | {"resources": resources}))
    example = (DEPLOY / "kubernetes" / "hubdrives.toml").read_text()
    (mine / "hubdrives.toml").write_text(example.replace('"lab"', '"mine"'))
    return rendered(mine)


def test_a_kustomization_of_ones_own_gives_valid_objects_in_its_namespace(overlaid):
    assert len(overlaid) == 7
    for one in overlaid:
        assert kubernetes_validate.validate(one, "1.32", strict=True) == "1.32"
        assert one["metadata"]["namespace"] == "jhub"


def test_it_has_its_own_image_and_its_own_configuration(overlaid):
    assert container(overlaid)["image"] == "registry.example.edu/hubdrives-gateway:0.1.0"
    config_map = of_kind(overlaid, "ConfigMap")
    assert '"mine"' in config_map["data"]["hubdrives.toml"]
    assert config_map["metadata"]["name"] in {
        volume["configMap"]["name"] for _, volume in mounts(overlaid) if "configMap" in volume
    }


def test_its_own_policies_open_what_they_say(overlaid):
    labels = pod(overlaid)["metadata"]["labels"]
    for policy in (CAMPUS, METRICS):
        assert selects(policy["spec"]["podSelector"], labels)
    assert allows(CAMPUS["spec"]["egress"], "to", Peer(address="10.20.30.40"), 443)
    assert not allows(CAMPUS["spec"]["egress"], "to", Peer(address="10.20.30.41"), 443)
    (rule,) = METRICS["spec"]["ingress"]
    assert rule["ports"] == [
        {"port": port["containerPort"], "protocol": "TCP"} for port in container(overlaid)["ports"]
    ]


def test_the_secrets_files_are_those_that_the_example_names():
    example = config.parse((DEPLOY / "kubernetes" / "hubdrives.toml").read_text())
    named = {str(example.gateway.link_key_file)} | {
        value
        for one in example.connections.values()
        for field, value in one.credential.items()
        if field.endswith("_file")
    }
    (first, again) = re.findall(r"create secret generic hubdrives (.+?)(?: \||$)", COMMANDS, re.MULTILINE)
    for command in (first, again):
        assert {f"/secrets/{name}" for name in re.findall(r"--from-file=([\w-]+)=", command)} == named


def test_the_simple_modes_secret_is_the_one_that_its_values_name():
    ((name, key),) = re.findall(r"create secret generic ([\w-]+) --from-file=([\w-]+)=\S+$", COMMANDS, re.MULTILINE)
    reference = SIMPLE["singleuser"]["extraEnv"]["BOX_CLIENT_SECRET"]["valueFrom"]["secretKeyRef"]
    assert reference == {"name": name, "key": key}


def test_the_files_that_it_names_are_there():
    named = re.findall(r"\bdeploy/[\w./]*\w", PAGE)
    assert {"deploy/Dockerfile", "deploy/z2jh/values.yaml", "deploy/z2jh/simple.yaml"} <= set(named)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_what_the_doctor_says_of_it_are_codes_of_the_doctor():
    table = PAGE.split("| you see |")[1].split("\n\n")[0]
    codes = re.findall(r"^\| `([a-z-]+)` in", table, re.MULTILINE)
    assert len(codes) == 5
    assert set(codes) <= {str(code) for code in Code}


def test_the_chart_takes_its_values():
    jsonschema.validate(PROMETHEUS, VALUES)
    jsonschema.validate(PLAIN, VALUES)


def test_prometheus_may_read_metrics_and_finds_them(tmp_path, overlaid):
    made = load(tmp_path, "".join([KUBE, *config_lines(PROMETHEUS)]))
    assert scopes(made, "prometheus") == ["read:metrics"]
    (job,) = SCRAPE["scrape_configs"]
    assert job["authorization"]["credentials_file"].endswith(
        f"/hub.services.{service(made, 'prometheus')['name']}.apiToken"
    )
    (keep,) = job["relabel_configs"]
    (port,) = container(overlaid)["ports"]
    assert keep["regex"] == f"{pod(overlaid)['metadata']['labels']['app.kubernetes.io/name']};{port['name']}"
    health = container(overlaid)["livenessProbe"]["httpGet"]["path"]
    assert job["metrics_path"] == health.replace("health", "metrics")


def test_the_values_alone_do_what_configure_does(tmp_path):
    (tmp_path / "plain").mkdir()
    by_values = load(tmp_path / "plain", "".join([KUBE, *config_lines(PLAIN)]))
    by_configure = load(tmp_path, "".join([KUBE, *config_lines(GATEWAY)]))
    # How long JupyterHub 6 waits for a service at its start is no right.
    assert service(by_values) == {name: value for name, value in service(by_configure).items() if name != "timeout"}
    assert spawner_environment(by_values) == spawner_environment(by_configure)
    for role in ("hubdrives", "user", "server"):
        assert set(scopes(by_values, role)) == set(scopes(by_configure, role))
