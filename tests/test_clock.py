"""The clock of a fit: its limit, shares of what is left, and laps."""

from math import inf

import pytest

from learner import stages
from learner.stages import Clock


@pytest.fixture
def time(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(stages, "perf_counter", lambda: now[0])
    return now


def test_a_share_of_the_time_that_is_left(time):
    clock = Clock(10.0)
    time[0] = 104.0
    half = clock.part(0.5)
    time[0] = 106.9
    assert not half()
    time[0] = 107.1
    assert half()
    assert not clock.expired()
    time[0] = 110.1
    assert clock.expired()
    late = clock.part(0.5)
    time[0] = 110.2
    assert late()


def test_without_a_limit_no_share_of_it_passes(time):
    clock = Clock(inf)
    half = clock.part(0.5)
    time[0] = 1e9
    assert not half()
    assert not clock.expired()
    clock.interrupted = True
    assert half()
    assert clock.expired()


def test_laps_follow_each_other(time):
    clock = Clock(10.0)
    time[0] = 101.5
    assert clock.lap() == 1.5
    time[0] = 103.5
    assert clock.lap() == 2.0
