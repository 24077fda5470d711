"""What is counted of the service, in each of its processes; nothing that follows from a child.

The processes write what they count into files of one folder (``PROMETHEUS_MULTIPROC_DIR``, set by
``contactpoint.serving.running``), and the process that began them reads it there.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

NO_ROUTE = "none"
OTHER = "other"
METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"})
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
READY = "contactpoint_worker_ready"
BEAT = "contactpoint_worker_beat_seconds"


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = made = CollectorRegistry()
        self._requests = Counter(
            "contactpoint_requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=made,
        )
        self._seconds = Histogram(
            "contactpoint_request_seconds",
            "How long an answer took.",
            ("route",),
            buckets=BUCKETS,
            registry=made,
        )
        self.under_way = Gauge(
            "contactpoint_requests_under_way",
            "Requests that are being answered.",
            multiprocess_mode="livesum",
            registry=made,
        )
        self.waiting = Gauge(
            "contactpoint_access_queue",
            "Entries that wait to be written into the record of access.",
            multiprocess_mode="livesum",
            registry=made,
        )
        self.ready = Gauge(
            READY,
            "Whether a process has opened all that it answers from, and can record.",
            multiprocess_mode="liveall",
            registry=made,
        )
        self.beat = Gauge(
            BEAT,
            "When a process was last seen at work.",
            multiprocess_mode="liveall",
            registry=made,
        )

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer. Of a route only its template is known here."""
        named = method if method in METHODS else OTHER
        self._requests.labels(route or NO_ROUTE, named, str(status)).inc()
        self._seconds.labels(route or NO_ROUTE).observe(seconds)
