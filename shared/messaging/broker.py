"""A broker by its URL, the actors that it wakes, and the doorbell that rings for them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import dramatiq
import structlog
from dramatiq.middleware import Middleware, Retries, ShutdownNotifications

logger = structlog.get_logger(__name__)


class BadBrokerUrl(ValueError):
    """A broker URL of a kind we don't know."""


def _middleware() -> list[Middleware]:
    # No TimeLimit, AgeLimit or Results: rows own due times and outcomes, and a raised time limit
    # can't interrupt a blocked socket anyway. Retries only says "none": see `declare`.
    return [ShutdownNotifications(), Retries(max_retries=0)]


def open_broker(url: str, *, worker_threads: int = 4, queues: int = 5) -> dramatiq.Broker:
    """The broker behind `postgresql://`, `amqp://` or `redis://`. Raises BadBrokerUrl.

    Loads only the client library of the broker in use, and opens no connection yet. With
    PostgreSQL each queue holds two connections (itself and its delay queue), each thread one, and
    one listens; with fewer, every consumer waits for ever.
    """
    kind = urlsplit(url).scheme.split("+")[0]
    if kind in ("postgresql", "postgres"):
        return _postgres(url, maxconn=2 * queues + worker_threads + 2)
    if kind in ("amqp", "amqps"):
        from dramatiq.brokers.rabbitmq import RabbitmqBroker  # noqa: PLC0415

        # Without confirms a publish to a missing queue is dropped in silence.
        return RabbitmqBroker(url=url, confirm_delivery=True, middleware=_middleware())
    if kind in ("redis", "rediss"):
        from dramatiq.brokers.redis import RedisBroker  # noqa: PLC0415

        redis: dramatiq.Broker = RedisBroker(  # type: ignore[no-untyped-call]
            url=url, middleware=_middleware()
        )
        return redis
    raise BadBrokerUrl(
        f"BROKER_URL: {kind or 'nothing'}:// is not postgresql://, amqp:// or redis://."
    )


def _postgres(url: str, *, maxconn: int) -> dramatiq.Broker:
    from dramatiq_postgres import PostgresBroker  # noqa: PLC0415

    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query), ("maxconn", str(maxconn))])
    plain = urlunsplit(("postgresql", parts.netloc, parts.path, query, ""))
    broker: dramatiq.Broker = PostgresBroker(
        url=plain,
        results=False,
        # A killed worker's messages come back after 15 s instead of a minute.
        heartbeat_interval=5.0,
        heartbeat_ttl=15.0,
        maintenance_interval=5.0,
        middleware=_middleware(),
    )
    return broker


def declare(
    broker: dramatiq.Broker, *, queue: str, name: str, function: Callable[..., None]
) -> None:
    """Declare an actor that never raises: Dramatiq's own retry loses messages (delivery.md, R1-R3).

    What failed stands in our tables with a later due time, and is rung for again.
    """

    def actor(*args: Any) -> None:
        try:
            function(*args)
        except Exception:
            logger.exception("actor failed", actor=name)

    dramatiq.actor(actor_name=name, queue_name=queue, broker=broker, max_retries=0)(actor)


class Doorbell:
    """Wakes actors, here or in another process, over a client of its own.

    A worker consumes every queue that its broker has heard of. A broker that both worked and rang
    for others would take their messages off their queues, so the one that rings never works.
    """

    def __init__(self, url: str) -> None:
        self._broker = open_broker(url, worker_threads=2, queues=0)

    def ring(self, *, queue: str, actor: str, args: tuple[Any, ...]) -> None:
        """Wake an actor. Never in a web request: it blocks while the broker is down."""
        self._broker.declare_queue(queue)
        self._broker.enqueue(
            dramatiq.Message(queue_name=queue, actor_name=actor, args=args, kwargs={}, options={})
        )
