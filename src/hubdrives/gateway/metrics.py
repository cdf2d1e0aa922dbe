"""What Prometheus reads: how much is asked, what comes of it, what is kept. No names of users, no places."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The gateway's numbers, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "hubdrives_requests", "Requests answered", ["operation", "outcome"], registry=self._registry
        )
        self.seconds = Histogram(
            "hubdrives_request_seconds",
            "Time from a request to the end of its answer",
            ["operation"],
            buckets=(0.01, 0.05, 0.25, 1, 5, 30, 120, 600),
            registry=self._registry,
        )
        self.in_flight = Gauge("hubdrives_requests_in_flight", "Requests being answered", registry=self._registry)
        self.sent = Counter("hubdrives_sent_bytes", "Bytes of files sent to users", registry=self._registry)
        self.received = Counter("hubdrives_received_bytes", "Bytes that users wrote", registry=self._registry)
        self.kept = Counter(
            "hubdrives_cache",
            "Files read: kept (hit), being fetched for somebody else (shared), fetched (miss), too large (direct)",
            ["result"],
            registry=self._registry,
        )
        self.fetched = Counter("hubdrives_fetched_bytes", "Bytes read from providers", registry=self._registry)
        self.cache_bytes = Gauge("hubdrives_cache_bytes", "Bytes of content that are kept", registry=self._registry)
        self._waiting = Gauge(
            "hubdrives_provider_waiting_seconds",
            "For how long a provider has asked not to be asked",
            ["connection"],
            registry=self._registry,
        )

    def text(self, waiting: Mapping[str, float]) -> bytes:
        """The numbers in Prometheus' text format.

        Args:
            waiting: seconds by connection.
        """
        for connection, seconds in waiting.items():
            self._waiting.labels(connection).set(seconds)
        return generate_latest(self._registry)
