"""kombu alone: queues, exchanges of each type, and what was taken but not acknowledged."""

import contextlib

import tasks
from kombu import Connection, Exchange, Queue

from checks import check, equal


def connect():
    return Connection(tasks.URL)


@check
def simple_queue():
    with connect() as connection, connection.SimpleQueue("simple") as queue:
        for n in range(100):
            queue.put({"n": n})
        equal(queue.qsize(), 100)
        for n in range(100):
            message = queue.get(timeout=10)
            equal(message.payload, {"n": n})
            message.ack()


@check
def taken_and_put_back():
    with connect() as connection, connection.SimpleQueue("requeued") as queue:
        queue.put("once")
        queue.get(timeout=10).requeue()
        message = queue.get(timeout=10)
        equal(message.payload, "once")
        message.ack()
        with contextlib.suppress(queue.Empty):
            raise AssertionError(f"twice: {queue.get(timeout=0.5)}")


def listen(heard):
    def hear(body, message):
        heard.append(body)
        message.ack()

    return [hear]


@check
def exchange_by_topic():
    topic, heard = Exchange("news", type="topic"), []
    queues = [Queue(f"news-{key}", topic, routing_key=key) for key in ("sport.*", "*.local")]
    with connect() as connection, connection.Consumer(queues, callbacks=listen(heard)):
        producer = connection.Producer()
        producer.publish("both", exchange=topic, routing_key="sport.local")
        producer.publish("one", exchange=topic, routing_key="sport.world")
        while len(heard) < 3:
            connection.drain_events(timeout=10)
    equal(sorted(heard), ["both", "both", "one"])


@check
def exchange_to_everybody():
    """By publish and subscribe."""
    everybody, heard = Exchange("everybody", type="fanout"), []
    with connect() as connection, contextlib.ExitStack() as leaving:
        for n in range(3):
            queue = Queue(f"listener-{n}", everybody, exclusive=True)
            consumer = connection.Consumer(queue, connection.channel(), callbacks=listen(heard))
            leaving.enter_context(consumer)
        with contextlib.suppress(TimeoutError):
            connection.drain_events(timeout=0.5)  # this is where they subscribe
        producer = connection.Producer()
        for n in range(10):
            producer.publish(n, exchange=everybody)
        while len(heard) < 30:
            connection.drain_events(timeout=10)
    equal(sorted(heard), sorted(3 * list(range(10))))
