"""The leader dies five times under 200 webhooks a second; chaos/failover judges what came of it."""

from failover import Failover


def test_five_dead_leaders_cost_nothing(tmp_path):
    lines = []
    summary, verdict = Failover(tmp_path, lines.append).run(kills=5)
    story = "\n".join([*lines, *verdict.notes, str(summary)])
    assert verdict.is_good, story
    assert summary["digests_equal"], story
    assert summary["lost"] == summary["duplicated"] == summary["out_of_turn"] == 0, story
    assert summary["acknowledged"] > 5 * 200, story
    # The aim, which `make failover` shows, is a median of 300 ms and 1 s at worst. Here other
    # work may hold the processors: twice that must hold all the same.
    assert summary["gap_ms"]["median"] < 600, story
    assert summary["gap_ms"]["max"] < 2000, story
