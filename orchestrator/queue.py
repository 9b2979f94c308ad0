"""The doorbell: RQ tells a waiting worker that a lane has work, and nothing more.

The ledger is the queue. A bell may be lost, doubled or late at any moment; workers look into the ledger by themselves
every few seconds, so a silent or empty Redis costs latency and never a message. That is why ringing never raises, and
why whatever Redis says is compared with the few things it may say: whoever can write to Redis must not be able to name
a function (`--serializer json` does not prevent that, RQ imports any dotted path that a job's hash holds).
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import signal
import threading
import time
import zlib
from typing import TYPE_CHECKING, cast

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry
from rq import Queue, SimpleWorker, worker_registration
from rq.exceptions import DequeueTimeout, NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import as_text, now
from rq.worker import WorkerStatus

from orchestrator.domain.errors import ConfigurationError
from orchestrator.domain.message import LANES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import NoReturn

__all__ = ["Doorbell", "SafeJob", "connect", "lane_named_by", "listen"]

log = structlog.get_logger()

# The one thing that a job may ask for. It is a word and no path: no module of this name exists, and none is looked for.
DRAIN = "jogral.drain"

BELL_SECONDS = 5  # a bell that nobody answers falls silent by itself, so a lost job mutes its lane no longer than this
JOB_SECONDS = 60
JOBS_WAITING_MAX = 100  # without any worker the lists would grow for ever

CONNECT_SECONDS = 1.0
RING_SECONDS = 1.0
REST_SECONDS = 2.0  # after a failed ring, Redis is left alone for so long: a dead one must cost the API little
LISTEN_SECONDS = 1  # one wait for a bell; also how late a stop is noticed
LISTEN_READ_SECONDS = 5.0  # above LISTEN_SECONDS, so that only a connection whose other end is gone reaches it
PAUSE_SECONDS_MIN = 1.0
PAUSE_SECONDS_MAX = 5.0
WORKER_SECONDS = 60  # how long `rq info` shows an idle worker that was killed


def connect(url: str, *, listening: bool = False) -> Redis:
    """A connection to ring with, or to listen with. Nothing is opened before the first command.

    redis-py's own retries are off. They would make a dead Redis cost up to ten timeouts, and a repeated `SET … NX`
    whose first answer was lost finds its own bell hanging and reports that no ring is needed.

    Raises:
        ConfigurationError: it is not a Redis URL. The words of redis-py repeat pieces of it, a password among them.
    """
    try:
        redis = Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=LISTEN_READ_SECONDS if listening else RING_SECONDS,
            retry=Retry(NoBackoff(), retries=0),
        )
        # Otherwise a wrong parameter would show at the first command.
        pool = redis.connection_pool
        pool.connection_class(**pool.connection_kwargs)
    except (ValueError, TypeError, RedisError) as error:
        raise ConfigurationError(
            "JOGRAL_REDIS_URL is not a Redis URL.",
            remedy="Write redis://host:6379/0, rediss://…, unix:///path, or none to do without.",
        ) from error
    return redis


# --- ringing --------------------------------------------------------------------------------------------------------


class Doorbell:
    """Tells the workers of a lane that it has work. Redis's troubles are logged, never raised.

    Calls may block for a second or two while Redis does not answer: from async code, call it in a thread.
    """

    def __init__(self, connection: Redis, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._monotonic = monotonic
        self._resting_until = -math.inf
        self._queues = {lane: _queue(lane, connection) for lane in LANES}

    def ring(self, lane: str) -> bool:
        """Whether a worker was called. False: a bell hangs there already, or Redis cannot be reached."""
        _check_lane(lane)
        return self._try("ring", lane, self._hang_bell)

    def silence(self, lane: str) -> None:
        """Take the bell down. A drain does this first, so that what is accepted from then on rings again."""
        _check_lane(lane)
        self._try("silence", lane, self._take_bell_down)

    def answers(self) -> bool:
        """Whether Redis can be reached now."""
        return self._try("ping", "", lambda _: bool(self._connection.ping()))

    def _try(self, act: str, lane: str, do: Callable[[str], bool]) -> bool:
        if self._monotonic() < self._resting_until:
            return False
        try:
            return do(lane)
        except RedisError as error:
            self._resting_until = self._monotonic() + REST_SECONDS
            log.warning("bell_failed", act=act, lane=lane, reason=_reason(error))
            return False

    def _hang_bell(self, lane: str) -> bool:
        if not self._connection.set(_bell(lane), 1, nx=True, ex=BELL_SECONDS):
            return False
        queue = self._queues[lane]
        with self._connection.pipeline() as pipeline:
            # A fresh id each time: with a fixed one, or `unique=True`, a stranded job could mute the lane for ever.
            queue.enqueue(
                DRAIN,
                lane,
                job_timeout=-1,
                result_ttl=0,
                failure_ttl=JOB_SECONDS,
                ttl=JOB_SECONDS,
                pipeline=pipeline,
            )
            pipeline.ltrim(queue.key, -JOBS_WAITING_MAX, -1)
            pipeline.execute()
        return True

    def _take_bell_down(self, lane: str) -> bool:
        return bool(self._connection.delete(_bell(lane)))


# --- what a job may be ----------------------------------------------------------------------------------------------

# Every job that may exist, as it is written; jobs are looked up here and never parsed.
_CALLS: Mapping[bytes, str] = {json.dumps([DRAIN, None, [lane], {}]).encode(): lane for lane in LANES}
_CALL_BYTES_MAX = 200

# What RQ writes of a ring, and what only describes. Any other field means something: callbacks, webhooks, retries,
# repeats, dependencies, groups, rate limits, results and meta (both deserialised)… and whatever RQ adds next.
_PLAIN_FIELDS = frozenset({
    b"created_at", b"data", b"description", b"enqueued_at", b"failure_ttl", b"last_heartbeat", b"origin",
    b"result_ttl", b"started_at", b"status", b"timeout", b"ttl",
})  # fmt: skip


def lane_named_by(fields: Mapping[bytes, bytes]) -> str:
    """The lane that a job's hash asks to drain.

    Raises:
        ValueError: it is anything else than a bell; the message says what.
    """
    strange = sorted(name for name, value in fields.items() if value and name not in _PLAIN_FIELDS)
    if strange:
        raise ValueError(f"a bell has no {strange[0][:40]!r}")
    try:
        call = zlib.decompressobj().decompress(fields.get(b"data", b""), _CALL_BYTES_MAX)
    except zlib.error:
        call = b""
    if call not in _CALLS:
        raise ValueError("it does not ask to drain a known lane")
    return _CALLS[call]


class SafeJob(Job):
    """An RQ job that can be a bell and nothing else.

    Of what Redis holds, only a known lane reaches the object: restoring any other job deletes it and says that it does
    not exist. Nothing is imported, unpickled or called by name.
    """

    def __init__(self, id: str | None = None, connection: Redis | None = None, serializer: object = None) -> None:  # noqa: A002, ARG002  # RQ's own names; the serializer is not the caller's choice
        super().__init__(id, connection, JSONSerializer)

    def restore(self, raw_data: Mapping[bytes, bytes]) -> None:
        try:
            lane = lane_named_by(raw_data)
        except ValueError as error:
            self.connection.delete(self.key)
            log.warning("bell_refused", job=self.id[:40], reason=str(error))
            raise NoSuchJobError(f"Refused job: {error}") from error
        self.origin = lane
        self.func_name, self.instance, self.args, self.kwargs = DRAIN, None, (lane,), {}

    @property
    def lane(self) -> str:
        return self.origin

    @property
    def func(self) -> NoReturn:
        # Reached only if some other RQ worker is pointed at our queues; RQ's own property would import the name.
        raise NotImplementedError("A bell calls nothing by name: orchestrator.queue.listen is given what to call.")


# --- listening ------------------------------------------------------------------------------------------------------


def listen(  # each is one decision of the caller, and those with a default are named
    connection: Redis,
    lanes: Sequence[str],
    drain: Callable[[str], None],
    *,
    name: str,
    stop: Callable[[], bool] = lambda: False,
    on_stop: Callable[[], None] = lambda: None,
) -> None:
    """Call `drain(lane)` for every bell, the first of `lanes` first, until SIGTERM, SIGINT or `stop()`.

    A drain that is running is finished first; signals that follow change nothing, since a supervisor often repeats
    what the terminal has sent already. Everything else is survived: a drain that raises, an emptied Redis, a Redis
    that is gone for a while. `name` must be this process's own, without spaces.

    Call it from the main thread. `on_stop` is called there too, once, from within the signal handler and so in the
    middle of whatever drain is running: let it set a flag or wake a loop (`call_soon_threadsafe`), no more. In another
    thread no signal is taken, and only `stop` ends it; it is asked once a second.
    """
    if not lanes:
        raise ValueError("There is no lane to listen to.")
    for lane in lanes:
        _check_lane(lane)
    for logger in ("rq", "rq.worker", "rq.job"):  # RQ sets its worker's to INFO by itself
        logging.getLogger(logger).setLevel(logging.WARNING)
    listener: _Listener | None = None
    pause_seconds = PAUSE_SECONDS_MIN
    with _stop_signals(stop, on_stop) as stopping:
        while not stopping():
            try:
                listener = listener or _Listener(connection, lanes, name)  # talks to Redis: may fail like the rest
                listener.hear(drain)
                pause_seconds = PAUSE_SECONDS_MIN
            except RedisError as error:
                log.warning("bell_unreachable", reason=_reason(error), retry_seconds=pause_seconds)
                _wait(pause_seconds, stopping)
                pause_seconds = min(pause_seconds * 2, PAUSE_SECONDS_MAX)
        if listener:
            with contextlib.suppress(RedisError):  # the registration then expires by itself
                listener.register_death()  # type: ignore[no-untyped-call]  # RQ's


@contextlib.contextmanager
def _stop_signals(stop: Callable[[], bool], on_stop: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Whether to stop. A signal sets a flag and raises nothing, so that nothing is cut off in the middle."""
    received: list[int] = []

    def receive(number: int, _frame: object) -> None:
        received.append(number)
        if len(received) == 1:
            on_stop()

    taken = (signal.SIGTERM, signal.SIGINT) if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, receive) for number in taken}
    try:
        yield lambda: bool(received) or stop()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _wait(seconds: float, stopping: Callable[[], bool]) -> None:
    # Short sleeps: setting a threading.Event from a signal handler can deadlock with the thread that waits for it.
    end = time.monotonic() + seconds
    while not stopping() and time.monotonic() < end:
        time.sleep(0.1)


class _Listener(SimpleWorker):
    """RQ's in-process worker, registered as any other (`rq info` lists it), with a loop of our own around it.

    RQ's loop ends at the first Redis error outside its pop, obeys stop and suspend commands of whoever can write to
    Redis, sets an alarm that would fall between a provider's answer and its settling, and keeps books of running jobs
    that need cleaning after a kill -9 and break when Redis forgets. A bell needs no books.
    """

    def __init__(self, connection: Redis, lanes: Sequence[str], name: str) -> None:
        super().__init__(
            [_queue(lane, connection) for lane in lanes],
            name=name,
            connection=connection,
            job_class=SafeJob,
            serializer=JSONSerializer,
            worker_ttl=WORKER_SECONDS,
        )
        self.birth_date = now()
        for queue in self.queues:
            worker_registration.clean_worker_registry(queue)

    def _set_connection(self, connection: Redis) -> Redis:
        """RQ would stretch the read timeout to its own; `connect` has chosen it."""
        return connection

    def hear(self, drain: Callable[[str], None]) -> None:
        """Wait a moment for a bell, and drain the lane that rings."""
        self._register()
        job = self._next_job()
        if job is None:
            return
        with self.connection.pipeline() as pipeline:
            # Bell and job go before the drain: what is accepted while it runs must be able to ring.
            pipeline.delete(job.key, _bell(job.lane))
            pipeline.hset(self.key, "state", WorkerStatus.BUSY.value)
            pipeline.execute()
        try:
            drain(job.lane)
        except Exception:
            log.exception("drain_failed", lane=job.lane)

    def _register(self) -> None:
        """Say who is here. Everything each time, in one trip: Redis may have forgotten it since the last."""
        self.last_heartbeat = now()
        with self.connection.pipeline() as pipeline:
            worker_registration.register(self, pipeline)
            pipeline.hset(self.key, mapping={**self.serialize(), "state": WorkerStatus.IDLE.value})
            pipeline.expire(self.key, self.worker_ttl + 60)
            pipeline.execute()

    def _next_job(self) -> SafeJob | None:
        # RQ's `dequeue_any` parks the jobs of a lonely queue in a second list, to be tidied up by the books.
        try:
            _, job_id = Queue.lpop(self.queue_keys(), LISTEN_SECONDS, connection=self.connection)
        except DequeueTimeout:
            return None
        try:
            return cast("SafeJob", SafeJob.fetch(as_text(job_id), connection=self.connection))
        except NoSuchJobError:  # refused, or nobody came for it within JOB_SECONDS
            return None
        except (ValueError, ResponseError) as error:  # no id, or no hash
            log.warning("bell_refused", job=repr(job_id[:40]), reason=str(error))
            return None


# --- shared ---------------------------------------------------------------------------------------------------------


def _check_lane(lane: str) -> None:
    if lane not in LANES:
        raise ValueError(f'There is no lane "{lane}": {", ".join(LANES)}.')


def _bell(lane: str) -> str:
    return f"bell:{lane}"


def _queue(lane: str, connection: Redis) -> Queue:
    return Queue(lane, connection=connection, job_class=SafeJob, serializer=JSONSerializer)


def _reason(error: RedisError) -> str:
    return f"{type(error).__name__}: {error}"
