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
    # Generous, since the test machine also does other things; `make failover` shows the real gap.
    assert summary["gap_ms"]["max"] < 5000, story
