"""Webhook deliveries: due times, retries, and what the faults do to them."""

from __future__ import annotations

import threading

import pytest
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import Fault, FaultInjector, Faults
from crossdock.simulators.webhooks import (
    UNREACHABLE,
    Deliverer,
    Envelope,
    HttpSender,
    Outcome,
)


class Receiver:
    """Takes envelopes and answers with the statuses that it was told, then with 200."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.statuses: list[int] = []

    def __call__(self, envelope: Envelope) -> int:
        self.bodies.append(envelope.body)
        return self.statuses.pop(0) if self.statuses else 200


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


def deliverer_of(
    clock: VirtualClock, *retries: float, faults: FaultInjector | None = None
) -> Deliverer:
    return Deliverer(
        clock=clock,
        faults=faults or FaultInjector(),
        lock=threading.RLock(),
        retry_delays_seconds=retries,
    )


def letter(body: bytes) -> Envelope:
    return Envelope("http://hub.example/hook", {}, body)


def test_what_is_not_due_waits(clock: VirtualClock, receiver: Receiver) -> None:
    deliverer = deliverer_of(clock)
    deliverer.enqueue("1", lambda: letter(b"a"), delay_seconds=55)
    assert deliverer.deliver_due(receiver) == 0
    clock.advance(55)
    assert deliverer.deliver_due(receiver) == 1
    assert deliverer.next_due() is None


def test_a_body_is_made_at_delivery(clock: VirtualClock, receiver: Receiver) -> None:
    deliverer = deliverer_of(clock)
    state = [b"old"]
    deliverer.enqueue("1", lambda: letter(state[0]))
    state[0] = b"new"
    deliverer.deliver_due(receiver)
    assert receiver.bodies == [b"new"]


def test_nothing_is_sent_where_there_is_nothing_to_say_any_more(
    clock: VirtualClock, receiver: Receiver
) -> None:
    deliverer = deliverer_of(clock)
    deliverer.enqueue("1", lambda: None)
    assert deliverer.deliver_due(receiver) == 0


def test_deliveries_of_one_key_collapse_while_they_wait(
    clock: VirtualClock, receiver: Receiver
) -> None:
    deliverer = deliverer_of(clock)
    for _ in range(3):
        deliverer.enqueue("1", lambda: letter(b"a"), coalesce_key="order 1")
    assert deliverer.deliver_due(receiver) == 1
    deliverer.enqueue("1", lambda: letter(b"a"), coalesce_key="order 1")
    assert deliverer.deliver_due(receiver) == 1


def test_a_failed_delivery_is_tried_again_with_the_same_bytes_until_tries_run_out(
    clock: VirtualClock, receiver: Receiver
) -> None:
    deliverer = deliverer_of(clock, 10.0, 60.0)
    outcomes: list[Outcome] = []
    deliverer.report = outcomes.append
    bodies = iter([b"first", b"second"])
    receiver.statuses = [500, UNREACHABLE, 404]
    deliverer.enqueue("7", lambda: letter(next(bodies)))
    for seconds in (0, 10, 60):
        clock.advance(seconds)
        deliverer.deliver_due(receiver)
    assert receiver.bodies == [b"first"] * 3
    assert [(one.status, one.attempts, one.final) for one in outcomes] == [
        (500, 1, False),
        (UNREACHABLE, 2, False),
        (404, 3, True),
    ]
    assert deliverer.waiting_count == 0


def test_an_ended_subscription_gets_nothing_more(
    clock: VirtualClock, receiver: Receiver
) -> None:
    deliverer = deliverer_of(clock)
    deliverer.enqueue("1", lambda: letter(b"a"), coalesce_key="k1")
    deliverer.enqueue("2", lambda: letter(b"b"), coalesce_key="k2")
    deliverer.forget("1")
    deliverer.deliver_due(receiver)
    assert receiver.bodies == [b"b"]


def test_a_lost_delivery_never_comes(clock: VirtualClock, receiver: Receiver) -> None:
    faults = FaultInjector()
    deliverer = deliverer_of(clock, faults=faults)
    faults.arm_once(Fault.WEBHOOK_LOSS)
    deliverer.enqueue("1", lambda: letter(b"a"))
    clock.advance(100_000)
    assert deliverer.deliver_due(receiver) == 0


def test_a_repeated_delivery_comes_twice_byte_for_byte(
    clock: VirtualClock, receiver: Receiver
) -> None:
    faults = FaultInjector()
    deliverer = deliverer_of(clock, faults=faults)
    faults.arm_once(Fault.WEBHOOK_REPEAT)
    deliverer.enqueue("1", lambda: letter(b"a"))
    assert deliverer.deliver_due(receiver) == 2
    assert receiver.bodies == [b"a", b"a"]


def test_a_delayed_delivery_comes_within_the_longest_delay(
    clock: VirtualClock, receiver: Receiver
) -> None:
    faults = FaultInjector(Faults(webhook_delay=1.0, webhook_delay_seconds_max=120))
    deliverer = deliverer_of(clock, faults=faults)
    deliverer.enqueue("1", lambda: letter(b"a"))
    assert deliverer.deliver_due(receiver) == 0
    clock.advance(120)
    assert deliverer.deliver_due(receiver) == 1


def test_a_reordered_delivery_is_overtaken_by_a_later_one(
    clock: VirtualClock, receiver: Receiver
) -> None:
    faults = FaultInjector()
    deliverer = deliverer_of(clock, faults=faults)
    faults.arm_once(Fault.WEBHOOK_REORDER)
    deliverer.enqueue("1", lambda: letter(b"first"))
    deliverer.enqueue("1", lambda: letter(b"second"))
    deliverer.deliver_due(receiver)
    clock.advance(2)
    deliverer.deliver_due(receiver)
    assert receiver.bodies == [b"second", b"first"]


def test_a_receiver_may_call_the_channel_back_before_it_answers(
    clock: VirtualClock,
) -> None:
    lock = threading.RLock()
    deliverer = Deliverer(clock=clock, faults=FaultInjector(), lock=lock)
    free: list[bool] = []

    def receive(_envelope: Envelope) -> int:
        def knock() -> None:
            free.append(lock.acquire(timeout=1))
            lock.release()

        caller = threading.Thread(target=knock)
        caller.start()
        caller.join()
        return 200

    deliverer.enqueue("1", lambda: letter(b"a"))
    deliverer.deliver_due(receive)
    assert free == [True]


def test_an_address_where_nobody_listens_is_unreachable() -> None:
    sender = HttpSender()
    assert sender(Envelope("http://127.0.0.1:9/hook", {}, b"a")) == UNREACHABLE
    sender.close()
