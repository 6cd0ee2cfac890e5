"""What this process counts about itself: requests, how long they took, memory and CPU. In Prometheus' words."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Traffic:
    """A registry of its own, so that two apps of one process (a test's, say) do not count each other's requests."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "ringoff_http_requests",
            "HTTP requests answered by this process.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "ringoff_http_request_seconds",
            "Time to answer, by route.",
            ["route"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self.streams = Gauge("ringoff_http_event_streams", "Event streams open now.", registry=self._registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is the pattern, never the address, so the number of series stays small. Status 0: nobody waited."""
        known = method if method in {"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"} else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def expose(self) -> bytes:
        return generate_latest(self._registry)
