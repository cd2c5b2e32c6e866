"""Independent ways agree on random small instances; `campaign.py` tells of longer runs.

The environment variable CAMPAIGN is the number of instances (default 300), CAMPAIGN_FIRST the first seed (default 0).
"""

import os

import campaign as machinery
import pytest
from campaign import campaign, engines, instance

from tropical import lemmas, same_function

COUNT, FIRST = int(os.environ.get("CAMPAIGN", "300")), int(os.environ.get("CAMPAIGN_FIRST", "0"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["engines", "z3"])
def test_independent_ways_agree(kind):
    count, wrong = campaign(kind, FIRST, FIRST + COUNT)
    assert not wrong, "\n".join(wrong[:5])
    assert count["instances"] == COUNT
    assert count["equal"] > COUNT / 10
    assert count["different"] > COUNT / 10


@pytest.mark.slow
@pytest.mark.parametrize("letter", [lemma.letter for lemma in lemmas.catalogue()])
def test_no_lemma_is_refuted(letter):
    count, wrong = campaign("lemmas", FIRST, FIRST + max(1, COUNT // 10), letters=[letter])
    assert not wrong, "\n".join(wrong[:5])
    assert count["holds"] > 0
    assert count["different"] > COUNT / 30  # a strategy is no finite grid


def test_some_instances_of_each_kind():
    count, wrong = campaign("engines", 0, 12)
    assert not wrong, wrong
    assert min(count[name] for name in ("equal", "different", "below", "certificates", "witnesses")) > 0


def test_a_wrong_answer_is_seen(monkeypatch):
    monkeypatch.setattr(machinery, "same_function", lambda F, G, domain: same_function(F, F, domain))
    count, wrong = campaign("engines", 0, 12)
    assert 0 < len(wrong) == count["instances"] - count["equal"]


def test_a_seed_is_an_instance():
    assert instance(7) == instance(7)
    assert engines is machinery.engines
