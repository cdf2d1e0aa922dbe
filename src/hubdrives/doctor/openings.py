"""What lets connections through, where something on the way swallows them.

https://kubernetes.io/docs/concepts/services-networking/network-policies/,
https://z2jh.jupyter.org/en/stable/administrator/security.html#kubernetes-network-policies
"""

from yarl import URL

from hubdrives.doctor.seat import Seat


def to_gateway(seat: Seat, url: str) -> str:
    """From a user's server to the gateway."""
    port = _port(url)
    if not seat.kubernetes:
        return f"Let this machine connect to the gateway's port {port} (firewall, security group)."
    return (
        "Users' servers may reach other pods only if the hub's Helm values say so: singleuser.networkPolicy.egress "
        "needs `- to: [{podSelector: {matchLabels: {app.kubernetes.io/name: hubdrives}}}]` with "
        f"`ports: [{{port: {port}, protocol: TCP}}]`, where the port is the gateway pod's own, not its Service's. "
        "If the gateway's pod has a policy, it needs an ingress from `app.kubernetes.io/component: singleuser-server`."
    )


def to_hub(seat: Seat) -> str:
    """From here to the hub's API."""
    port = _port(seat.hub)
    if not seat.kubernetes:
        return f"Let this machine connect to the hub's API, port {port} (firewall, security group)."
    if seat.service:
        return (
            'Give the gateway\'s pod the label `hub.jupyter.org/network-access-hub: "true"`; in another namespace, '
            "set hub.networkPolicy.interNamespaceAccessLabels to accept too."
        )
    return f"singleuser.networkPolicy of the hub's Helm values must allow egress to the hub's pod, port {port}."


def to_provider(seat: Seat, title: str, url: str) -> str:
    """From here to a provider."""
    port = _port(url) if url else 443
    if not seat.kubernetes:
        return f"Let this machine connect to {title}, port {port} (firewall, security group)."
    return (
        f"The network policy of this pod must allow egress to {title}, port {port}; users' servers reach no private "
        "addresses unless singleuser.networkPolicy.egressAllowRules.privateIPs is true."
    )


def _port(url: str) -> int | str:
    try:
        return URL(url).port or "its own"
    except ValueError:
        return "its own"
