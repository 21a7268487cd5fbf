"""The fault injector: repeatable, countable, and silent when told so."""

from __future__ import annotations

import pytest
from crossdock.simulators.faults import FAULTS, NO_FAULTS, Fault, FaultInjector, Faults


def strikes_of(injector: FaultInjector, fault: Fault, count: int = 200) -> list[bool]:
    return [injector.strikes(fault) for _ in range(count)]


def test_the_same_seed_strikes_at_the_same_requests_again() -> None:
    faults = Faults(dropped=0.3)
    first = strikes_of(FaultInjector(faults, seed=5), Fault.DROPPED)
    assert first == strikes_of(FaultInjector(faults, seed=5), Fault.DROPPED)
    assert first != strikes_of(FaultInjector(faults, seed=6), Fault.DROPPED)
    assert 30 < sum(first) < 90


def test_switching_one_fault_on_does_not_move_the_strikes_of_another() -> None:
    alone = FaultInjector(Faults(slow=0.3), seed=5)
    together = FaultInjector(Faults(slow=0.3, dropped=0.9), seed=5)
    expected = strikes_of(alone, Fault.SLOW)
    seen = []
    for _ in expected:
        together.strikes(Fault.DROPPED)
        seen.append(together.strikes(Fault.SLOW))
    assert seen == expected


def test_an_armed_fault_strikes_once_and_is_counted() -> None:
    injector = FaultInjector()
    injector.arm_once("truncated")
    assert strikes_of(injector, Fault.TRUNCATED, 3) == [True, False, False]
    assert injector.struck == {Fault.TRUNCATED: 1}


def test_arming_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="meteor"):
        FaultInjector().arm_once("meteor")


def test_quiet_stops_random_and_armed_faults_alike() -> None:
    injector = FaultInjector(Faults(dropped=1.0))
    injector.arm_once(Fault.SLOW)
    injector.quiet()
    assert not injector.strikes(Fault.DROPPED)
    assert not injector.strikes(Fault.SLOW)
    injector.use(Faults(dropped=1.0))
    assert injector.strikes(Fault.DROPPED)


def test_a_probability_outside_of_zero_to_one_is_refused() -> None:
    with pytest.raises(ValueError, match="dropped is a probability"):
        Faults(dropped=1.5)
    with pytest.raises(ValueError, match="slow_seconds"):
        Faults(slow_seconds=-1.0)


def test_every_fault_has_a_ready_set_of_its_own_name_and_all_has_every_fault() -> None:
    assert FAULTS["none"] == NO_FAULTS
    for fault in Fault:
        alone = FAULTS[fault.value]
        assert {other for other in Fault if alone.rate(other)} == {fault}
        assert FAULTS["all"].rate(fault) > 0
    assert set(FAULTS) == {"none", "all", *(fault.value for fault in Fault)}
