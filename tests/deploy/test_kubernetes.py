"""deploy/kubernetes, as Kustomize renders it: valid, and its parts fit together."""

import json
import re
import tomllib

import kubernetes_validate
import pytest
from tests.deploy.objects import DEPLOY, Peer, allows, container, mounts, of_kind, pod, selects, variables

from hubdrives import __version__, config
from hubdrives.hub.scopes import SERVICE

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""A DNS label (RFC 1123)."""

USER = Peer(labels={"app.kubernetes.io/component": "singleuser-server", "app.kubernetes.io/name": "jupyterhub"})
PROXY = Peer(labels={"app.kubernetes.io/component": "proxy", "app.kubernetes.io/name": "jupyterhub"})
HUB = Peer(labels={"app.kubernetes.io/component": "hub", "app.kubernetes.io/name": "jupyterhub"})
NEIGHBOUR = Peer(labels={"app.kubernetes.io/name": "something-else"})
GIBIBYTE = 1 << 30
UPLOADS = 4
"""Of the largest size are held at once, at most."""


def bytes_of(quantity: str) -> int:
    (number, unit) = re.fullmatch(r"(\d+)(Mi|Gi)", quantity).groups()
    return int(number) << {"Mi": 20, "Gi": 30}[unit]


@pytest.fixture
def toml(objects):
    return of_kind(objects, "ConfigMap")["data"]["hubdrives.toml"]


@pytest.fixture
def settings(toml):
    return config.parse(toml)


def secrets_in(value):
    """The names of all Secrets that are referred to anywhere below."""
    match value:
        case dict():
            for key, inner in value.items():
                if key in {"secretKeyRef", "secretRef"}:
                    yield inner["name"]
                elif key == "secret" and "secretName" in inner:
                    yield inner["secretName"]
                else:
                    yield from secrets_in(inner)
        case list():
            for inner in value:
                yield from secrets_in(inner)


def test_these_are_all_objects(objects):
    kinds = sorted(one["kind"] for one in objects)
    assert kinds == ["ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service"]


@pytest.mark.parametrize("version", ["1.25", "1.29", "1.32", "1.34", "1.37"])
def test_each_object_is_valid_in_each_kubernetes(objects, version):
    for one in objects:
        assert kubernetes_validate.validate(one, version, strict=True) == version


def test_the_validator_is_strict(objects):
    wrong = json.loads(json.dumps(of_kind(objects, "Deployment")))
    wrong["spec"]["template"]["spec"]["automountServiceAcountToken"] = False
    with pytest.raises(kubernetes_validate.ValidationError, match="automountServiceAcountToken"):
        kubernetes_validate.validate(wrong, "1.32", strict=True)


def test_names_are_dns_labels_and_no_secret_is_among_the_objects(objects):
    names = [one["metadata"]["name"] for one in objects]
    assert all(LABEL.fullmatch(name) for name in [*names, *secrets_in(objects)])
    assert all("namespace" not in one["metadata"] for one in objects)
    assert "Secret" not in {one["kind"] for one in objects}


def test_the_gateways_pod_alone_refers_to_secrets(objects):
    assert set(secrets_in(objects)) == set(secrets_in(pod(objects))) == {"hub", "hubdrives"}


def test_every_selector_selects_the_gateways_pods(objects):
    labels = pod(objects)["metadata"]["labels"]
    (spread,) = pod(objects)["spec"]["topologySpreadConstraints"]
    for selector in (
        of_kind(objects, "Deployment")["spec"]["selector"],
        of_kind(objects, "PodDisruptionBudget")["spec"]["selector"],
        of_kind(objects, "NetworkPolicy")["spec"]["podSelector"],
        spread["labelSelector"],
        {"matchLabels": of_kind(objects, "Service")["spec"]["selector"]},
    ):
        assert selects(selector, labels)
        assert not any(selects(selector, peer.labels) for peer in (USER, PROXY, HUB, NEIGHBOUR))


def test_two_replicas_stay_up_while_one_is_replaced_or_its_node_is_drained(objects):
    deployment = of_kind(objects, "Deployment")["spec"]
    assert deployment["replicas"] == 2
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    budget = of_kind(objects, "PodDisruptionBudget")["spec"]
    assert budget["maxUnavailable"] < deployment["replicas"]


def test_it_stops_only_after_what_is_on_its_way(objects):
    (command, seconds) = container(objects)["lifecycle"]["preStop"]["exec"]["command"]
    assert command == "sleep"
    assert int(seconds) + 20 < pod(objects)["spec"]["terminationGracePeriodSeconds"]


def test_the_pod_is_as_restricted_as_the_restricted_standard_asks(objects):
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/, and a read-only root file system."""
    spec, context = pod(objects)["spec"], container(objects)["securityContext"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] != 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context["readOnlyRootFilesystem"] is True
    assert not {"privileged", "runAsUser", "runAsNonRoot"} & context.keys()
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & spec.keys()
    assert {kind for _, volume in mounts(objects) for kind in volume} == {"name", "configMap", "secret", "emptyDir"}


def test_it_knows_nothing_of_the_cluster(objects):
    spec = pod(objects)["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert "serviceAccountName" not in spec


def test_secrets_are_files_that_only_the_gateways_user_reads(objects):
    (volume,) = [volume for _, volume in mounts(objects) if "secret" in volume]
    assert volume["secret"]["defaultMode"] & 0o007 == 0
    # Kubernetes gives the files to root, and to this group.
    context = pod(objects)["spec"]["securityContext"]
    assert context["fsGroup"] == context["runAsGroup"]
    assert volume["secret"]["defaultMode"] & 0o040


def test_what_the_settings_name_is_mounted_where_they_say(objects, settings):
    places = {path: next(kind for kind in volume if kind != "name") for path, volume in mounts(objects)}
    secret_files = [settings.gateway.link_key_file] + [
        value
        for one in settings.connections.values()
        for field, value in one.credential.items()
        if field.endswith("_file")
    ]
    assert len(secret_files) > 1
    assert {places[file.rpartition("/")[0]] for file in secret_files} == {"secret"}
    assert places[settings.gateway.cache_folder] == "emptyDir"
    path = variables(objects)[config.CONFIG_VARIABLE]
    assert places[path.rpartition("/")[0]] == "configMap"
    assert path.rpartition("/")[2] in of_kind(objects, "ConfigMap")["data"]
    assert settings.gateway.audit_file is None, "lines of the log are what kubectl logs shows"


def test_the_configuration_is_mounted_under_the_name_that_changes_with_it(objects):
    (volume,) = [volume for _, volume in mounts(objects) if "configMap" in volume]
    name = of_kind(objects, "ConfigMap")["metadata"]["name"]
    assert volume["configMap"]["name"] == name
    assert re.fullmatch(r"hubdrives-\w{10}", name)


def test_the_cache_leaves_room_in_its_volume_and_the_node_promises_as_much(objects, settings):
    (limit,) = [volume["emptyDir"]["sizeLimit"] for path, volume in mounts(objects) if "cache" in path]
    promised = bytes_of(container(objects)["resources"]["requests"]["ephemeral-storage"])
    needed = settings.gateway.cache_bytes + UPLOADS * settings.gateway.upload_bytes
    assert needed < promised < bytes_of(limit) - 4 * GIBIBYTE


def test_it_asks_for_what_it_needs(objects):
    resources = container(objects)["resources"]
    assert set(resources["requests"]) == {"cpu", "memory", "ephemeral-storage"}
    assert bytes_of(resources["requests"]["memory"]) < bytes_of(resources["limits"]["memory"])


def test_ports_and_paths_agree(objects, settings):
    (port,) = container(objects)["ports"]
    assert port["containerPort"] == settings.gateway.port
    assert settings.gateway.host == "0.0.0.0"
    (served,) = of_kind(objects, "Service")["spec"]["ports"]
    assert served["targetPort"] == port["name"]
    for rule in of_kind(objects, "NetworkPolicy")["spec"]["ingress"]:
        assert rule["ports"] == [{"port": settings.gateway.port, "protocol": "TCP"}]
    prefix = variables(objects)["JUPYTERHUB_SERVICE_PREFIX"]
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container(objects)[name]["httpGet"] == {"path": f"{prefix}health", "port": port["name"]}


def test_it_is_the_hubs_service_with_the_token_that_the_chart_made(objects):
    given = variables(objects)
    assert given["JUPYTERHUB_SERVICE_NAME"] == SERVICE
    assert given["JUPYTERHUB_SERVICE_PREFIX"] == f"/services/{SERVICE}/"
    assert given["JUPYTERHUB_API_TOKEN"] == {"secretKeyRef": {"name": "hub", "key": f"hub.services.{SERVICE}.apiToken"}}
    assert not [name for name, value in given.items() if "TOKEN" in name and isinstance(value, str)]


def test_one_users_server_stays_with_one_replica(objects):
    assert of_kind(objects, "Service")["spec"]["sessionAffinity"] == "ClientIP"


def test_users_the_proxy_and_the_hub_get_in_and_nobody_else(objects):
    policy = of_kind(objects, "NetworkPolicy")["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    for peer, let_in in (
        (USER, True),
        (PROXY, True),
        (HUB, True),
        (NEIGHBOUR, False),
        (Peer(address="8.8.8.8"), False),
    ):
        assert allows(policy["ingress"], "from", peer, 8000) == let_in, peer
        assert not allows(policy["ingress"], "from", peer, 22), peer


@pytest.mark.parametrize(
    ("peer", "port", "protocol", "let_out"),
    [
        (HUB, 8081, "TCP", True),
        (HUB, 8001, "TCP", False),
        (PROXY, 8001, "TCP", False),
        (USER, 8888, "TCP", False),
        (NEIGHBOUR, 5432, "TCP", False),
        (NEIGHBOUR, 53, "UDP", True),
        (Peer(address="10.96.0.10"), 53, "UDP", True),
        (Peer(address="10.96.0.10"), 53, "TCP", True),
        (Peer(address="142.250.1.1"), 443, "TCP", True),
        (Peer(address="2a00:1450::1"), 443, "TCP", True),
        (Peer(address="142.250.1.1"), 80, "TCP", False),
        (Peer(address="10.96.0.1"), 443, "TCP", False),
        (Peer(address="192.168.7.7"), 443, "TCP", False),
        (Peer(address="169.254.169.254"), 443, "TCP", False),
        (Peer(address="169.254.169.254"), 80, "TCP", False),
        (Peer(address="fd00::1"), 443, "TCP", False),
    ],
)
def test_the_gateway_gets_out_to_name_servers_the_hub_and_the_internet_only(objects, peer, port, protocol, let_out):
    policy = of_kind(objects, "NetworkPolicy")["spec"]
    assert allows(policy["egress"], "to", peer, port, protocol) == let_out


def test_the_hub_lets_it_in(objects):
    assert pod(objects)["metadata"]["labels"]["hub.jupyter.org/network-access-hub"] == "true"


def test_each_connection_has_limits_for_one_replica_of_two(toml):
    for one in tomllib.loads(toml)["connections"].values():
        assert one["limits"]["concurrency"] * 2 <= 8


def test_the_image_has_this_version(objects):
    assert container(objects)["image"] == f"hubdrives-gateway:{__version__}"


def test_everything_in_the_folder_is_used():
    kustomization = (DEPLOY / "kubernetes" / "kustomization.yaml").read_text()
    files = {path.name for path in (DEPLOY / "kubernetes").iterdir()} - {"kustomization.yaml"}
    assert files == set(re.findall(r"- (\S+\.(?:yaml|toml))$", kustomization, re.MULTILINE))
