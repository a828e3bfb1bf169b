"""What Prometheus reads: latencies by route, ages, connections, bar to publication."""

import time
from typing import TYPE_CHECKING, Final

from fastapi import Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from barograph.service.truth import ages, runner_state
from barograph.service.view import asset_of

if TYPE_CHECKING:
    from barograph.service.desk import Desk
    from barograph.service.tail import News

REQUEST_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 2.5)
PUBLISH_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 15.0, 60.0)
RUNNER_STATES: Final = ("running", "starting", "down")


class Meters:
    """The metrics of one application, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "barograph_request_seconds",
            "Time to answer a request",
            ["route", "status"],
            buckets=REQUEST_BUCKETS,
            registry=self.registry,
        )
        self.published = Histogram(
            "barograph_publish_seconds",
            "From a bar's close to its forecast being readable here, this machine's seconds",
            ["asset"],
            buckets=PUBLISH_BUCKETS,
            registry=self.registry,
        )
        self.events = Counter(
            "barograph_events", "Messages taken from the outbox", ["kind"], registry=self.registry
        )
        self.age = Gauge(
            "barograph_age_seconds",
            "Age of what answers rest on, this machine's seconds; NaN where there is none",
            ["asset", "of"],
            registry=self.registry,
        )
        self.runner = Gauge(
            "barograph_runner", "1 in the runner's state", ["state"], registry=self.registry
        )
        self.clients = Gauge(
            "barograph_websocket_clients", "WebSocket connections", registry=self.registry
        )

    def receive(self, news: "News") -> None:
        """Count events, and how long each forecast took."""
        wall, market = time.time(), news.view.market
        for event in news.events:
            kind, _, symbol = event.topic.partition(":")
            self.events.labels(kind).inc()
            body = news.view.newest.get(symbol)
            if kind == "forecast" and body is not None and market is not None:
                closed = market.wall + (float(body["as_of"]) - market.market) / market.speed
                if not body.get("late"):
                    self.published.labels(asset_of(symbol)).observe(max(0.0, wall - closed))


def exposition(desk: "Desk") -> Response:
    """Everything in Prometheus' text format."""
    meters, view, wall = desk.meters, desk.view, time.time()
    meters.clients.set(desk.hub.count)
    state = runner_state(view, wall)
    for name in RUNNER_STATES:
        meters.runner.labels(name).set(float(name == state))
    for symbol in view.symbols:
        for age in ages(view, symbol, wall):
            seconds = float("nan") if age.age is None else age.age
            meters.age.labels(asset_of(symbol), age.name).set(seconds)
    return Response(generate_latest(meters.registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)
