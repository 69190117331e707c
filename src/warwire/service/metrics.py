"""What the service counts, in Prometheus' format."""

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """Counters of one service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self.counter("warwire_requests", "Requests answered.", "path", "status")
        self._seconds = Histogram(
            "warwire_request_seconds",
            "Seconds from a request to the end of its answer.",
            ["path"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._batches = Histogram(
            "warwire_batch_texts",
            "Texts that the model read at once.",
            buckets=TEXTS,
            registry=self.registry,
        )
        self._tokens = self.counter("warwire_tokens", "Tokens that the model read.")
        self._busy = self.counter("warwire_model_seconds", "Seconds that the model was at work.")
        self._queue = Gauge(
            "warwire_queue_texts", "Texts that wait for the model.", registry=self.registry
        )

    def counter(self, name: str, meaning: str, *labels: str) -> Counter:
        """A further counter in the same registry."""
        return Counter(name, meaning, labels, registry=self.registry)

    def watch_queue(self, length: Callable[[], int]) -> None:
        """Read the queue's length from there whenever the metrics are read."""
        self._queue.set_function(length)

    def count_request(self, path: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._requests.labels(path, status).inc()
        self._seconds.labels(path).observe(seconds)

    def count_batch(self, texts: Sequence[str], seconds: float) -> None:
        """One batch was predicted."""
        self._busy.inc(seconds)
        self._batches.observe(len(texts))

    def count_tokens(self, tokens: int) -> None:
        """The model read so many tokens."""
        self._tokens.inc(tokens)

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)
