"""deploy/z2jh: values that the chart takes, a hub that they configure, and a gateway that fits to it."""

import copy
from string import Formatter

import jsonschema
import pytest
import yaml
from tests.deploy.chart import VALUES, config_lines
from tests.deploy.objects import DEPLOY, Peer, allows, container, of_kind, pod, variables
from tests.hub.configuring import KEY, KUBE, load, scopes, service, spawner_environment

from hubdrives import config
from hubdrives.hub.scopes import ACCESS, SERVICE

FILES = {name: yaml.safe_load((DEPLOY / "z2jh" / f"{name}.yaml").read_text()) for name in ("values", "simple")}
GATEWAY, SIMPLE = FILES["values"], FILES["simple"]


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", KEY)
    return lambda values: load(tmp_path, "".join([KUBE, *config_lines(values)]))


@pytest.mark.parametrize("values", FILES.values(), ids=FILES.keys())
def test_the_chart_takes_the_values(values):
    jsonschema.validate(values, VALUES)


def test_the_chart_does_not_take_a_name_that_it_does_not_know():
    for wrong in ("egres", "Egress"):
        values = copy.deepcopy(GATEWAY)
        policy = values["singleuser"]["networkPolicy"]
        policy[wrong] = policy.pop("egress")
        with pytest.raises(jsonschema.ValidationError, match=wrong):
            jsonschema.validate(values, VALUES)


def test_the_hub_knows_the_gateway_where_its_kubernetes_service_is(made, objects):
    served = of_kind(objects, "Service")
    (port,) = served["spec"]["ports"]
    origin = f"http://{served['metadata']['name']}:{port['port']}"
    hub = made(GATEWAY)
    assert service(hub)["url"] == origin
    assert service(hub)["api_token"] == "d" * 64
    assert "command" not in service(hub)
    prefix = variables(objects)["JUPYTERHUB_SERVICE_PREFIX"]
    assert spawner_environment(hub)["HUBDRIVES_GATEWAY_URL"] == f"{origin}{prefix}"


def test_users_may_use_the_gateway_and_the_gateway_may_read_names_and_groups(made):
    hub = made(GATEWAY)
    assert scopes(hub, SERVICE) == ["read:users:name", "read:users:groups"]
    assert ACCESS in scopes(hub, "server")


def test_what_the_hub_had_before_stays(made):
    values = copy.deepcopy(GATEWAY)
    values["singleuser"]["extraEnv"] = {"COURSE": "rain"}
    values["hub"]["services"]["grader"] = {}
    values["hub"]["loadRoles"] = {"grader": {"scopes": ["list:users"], "services": ["grader"]}}
    hub = made(values)
    assert spawner_environment(hub)["COURSE"] == "rain"
    assert service(hub, "grader")["api_token"]
    assert scopes(hub, "grader") == ["list:users"]


@pytest.mark.parametrize("place", [("singleuser",), ("hub",), ("proxy", "chp")])
def test_each_policy_of_the_chart_lets_its_pods_reach_the_gateways_and_no_others(objects, place):
    values = GATEWAY
    for name in place:
        values = values[name]
    rules = values["networkPolicy"]["egress"]
    (port,) = container(objects)["ports"]
    assert allows(rules, "to", Peer(labels=pod(objects)["metadata"]["labels"]), port["containerPort"])
    assert not allows(rules, "to", Peer(labels=pod(objects)["metadata"]["labels"]), port["containerPort"] + 1)
    assert not allows(rules, "to", Peer(labels={"app.kubernetes.io/name": "something-else"}), port["containerPort"])


def test_the_configuration_comes_last_of_all():
    assert list(GATEWAY["hub"]["extraConfig"]) == ["90-hubdrives"]


def test_no_value_is_or_names_a_secret():
    said = str(GATEWAY).lower().replace("user_tokens=false", "")
    assert not [word for word in ("secret", "token", "key", "password") if word in said]


def test_kubespawner_takes_no_brace_of_the_environment_for_a_field(made):
    for values in FILES.values():
        for name, value in spawner_environment(made(values)).items():
            if isinstance(value, str):
                assert [field for _, field, *_ in Formatter().parse(value) if field is not None] == [], name


def test_in_the_simple_mode_each_server_gets_the_secret_from_a_secret(made):
    given = spawner_environment(made(SIMPLE))
    reference = given["BOX_CLIENT_SECRET"]["valueFrom"]["secretKeyRef"]
    assert reference == {"name": "hubdrives-box", "key": "client-secret"}
    assert "HUBDRIVES_GATEWAY_URL" not in given
    assert "hub" not in SIMPLE


def test_in_the_simple_mode_the_secret_is_not_the_gateways(objects):
    name = SIMPLE["singleuser"]["extraEnv"]["BOX_CLIENT_SECRET"]["valueFrom"]["secretKeyRef"]["name"]
    assert name not in str(objects)
    # What a Secret may be called; an underscore is what many try first.
    assert name.replace("-", "").isalnum()
    assert name == name.lower()


def test_in_the_simple_mode_the_connection_finds_its_secret():
    (file,) = SIMPLE["singleuser"]["extraFiles"].values()
    given = SIMPLE["singleuser"]["extraEnv"]
    assert given[config.CONFIG_VARIABLE] == file["mountPath"]
    settings = config.parse(file["stringData"])
    assert not settings.grants
    (one,) = settings.connections.values()
    assert config.secret(one.credential, "client_secret", {"BOX_CLIENT_SECRET": "hush"}) == "hush"
    assert one.credential["client_secret_env"] in given
