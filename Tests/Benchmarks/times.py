"""What `webhook-load` reports, added up."""

# A webhook is acknowledged at once when its first try is answered within this time.
AT_ONCE_SECONDS = 1.0


class Times:
    """Fates of webhooks: counts, and a histogram as `webhook-load` writes it."""

    def __init__(self):
        self.buckets, self.acknowledged, self.lost = {}, 0, 0

    def add(self, second):
        """One line of `webhook-load`."""
        self.acknowledged += second["acknowledged"]
        self.lost += second["refused"] + second["broken"]
        for bucket, count in second["times"]:
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count

    @property
    def sent(self):
        """All of them."""
        return self.acknowledged + self.lost

    def milliseconds(self, share):
        """The time within which this share of the acknowledged ones was."""
        wanted, seen = self.acknowledged * share, 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return upper_microseconds(bucket) / 1000
        return 0.0

    def at_once(self):
        """Percent answered within `AT_ONCE_SECONDS`."""
        limit = AT_ONCE_SECONDS * 1e6
        within = sum(n for bucket, n in self.buckets.items()
                     if upper_microseconds(bucket) <= limit)
        return 100.0 * within / max(1, self.sent)

    def figures(self):
        """For the JSON line and the table."""
        return {
            "webhooks": self.sent, "not_acknowledged": self.lost,
            "at_once_percent": round(self.at_once(), 3),
            **{f"p{name}_ms": round(self.milliseconds(share), 2)
               for name, share in [("50", .5), ("99", .99), ("999", .999), ("100", 1.0)]}}


def upper_microseconds(bucket):
    """Where a bucket ends: the reverse of what `webhook-load` counts by."""
    if bucket < 128:
        return bucket + 1
    shift = bucket // 64 - 1
    return (bucket - shift * 64 + 1) << shift
