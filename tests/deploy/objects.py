"""What Kustomize makes of a folder, and what a pod in a cluster would be given and let do."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"

Object = dict[str, Any]


def rendered(folder: Path) -> list[Object]:
    """The objects that `kubectl apply --kustomize` would send."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.fail("There is no kubectl, so nothing is known of deploy/kubernetes: python tools/kubectl.py")
    done = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def of_kind(objects: list[Object], kind: str) -> Object:
    (found,) = [one for one in objects if one["kind"] == kind]
    return found


def pod(objects: list[Object]) -> Object:
    """The template of the gateway's pods."""
    return dict(of_kind(objects, "Deployment")["spec"]["template"])


def container(objects: list[Object]) -> Object:
    (found,) = pod(objects)["spec"]["containers"]
    return dict(found)


def mounts(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Each path that is mounted in the container, and the volume there."""
    volumes = {volume["name"]: volume for volume in pod(objects)["spec"]["volumes"]}
    for mount in container(objects)["volumeMounts"]:
        yield mount["mountPath"], volumes[mount["name"]]


def variables(objects: list[Object]) -> dict[str, Any]:
    """The container's environment: text, or where a value comes from."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container(objects)["env"]}


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    assert set(selector) == {"matchLabels"}
    return selector["matchLabels"].items() <= labels.items()


@dataclass(frozen=True, kw_only=True)
class Peer:
    """The other end of a connection."""

    labels: Mapping[str, str] = field(default_factory=dict)
    """Of a pod in the same namespace."""
    address: str | None = None
    """Outside of the cluster, or a pod's somewhere else."""


def allows(rules: list[Object], peers: str, peer: Peer, port: int, protocol: str = "TCP") -> bool:
    """Whether a rule of a NetworkPolicy, whose `peers` are "from" or "to", lets `peer` through.

    https://kubernetes.io/docs/concepts/services-networking/network-policies/: rules add up; in one rule, one of the
    peers and one of the ports must fit, and where there is no list, all do.
    """
    return any(
        ("ports" not in rule or {"port": port, "protocol": protocol} in rule["ports"])
        and (peers not in rule or any(_is(one, peer) for one in rule[peers]))
        for rule in rules
    )


def _is(one: Object, peer: Peer) -> bool:
    if "podSelector" in one:
        assert set(one) == {"podSelector"}
        return peer.address is None and selects(one["podSelector"], peer.labels)
    block, address = one["ipBlock"], ip_address(peer.address or "10.0.0.1")
    # As strict a cluster as there is: one that does not take a pod for its address.
    return (
        peer.address is not None
        and address in ip_network(block["cidr"])
        and not any(address in ip_network(out) for out in block.get("except", ()))
    )
