import Raft
import Testing

@testable import Replica

@Suite struct DigestWatchTests {
    private func watch(_ voters: [UInt64], learners: [UInt64] = []) -> DigestWatch {
        var watch = DigestWatch(capacity: 8, applied: .init(index: LogIndex(10), digest: 100))
        follow(&watch, voters, learners)
        return watch
    }
    private func follow(_ watch: inout DigestWatch, _ voters: [UInt64], _ learners: [UInt64] = []) {
        watch.follow(
            Configuration(
                voters: voters.map { NodeID($0) }, learners: learners.map { NodeID($0) }),
            but: NodeID(1))
    }
    private func report(_ index: UInt64, _ digest: UInt64) -> DigestWatch.Report {
        .init(index: LogIndex(index), digest: digest)
    }
    /// What follows from reports, each of a peer at index 10 unless told otherwise.
    private func verdict(
        _ watch: inout DigestWatch, _ reports: [(peer: UInt64, digest: UInt64)],
        at index: UInt64 = 10
    ) -> DigestWatch.Verdict {
        for (peer, digest) in reports { watch.heard(report(index, digest), from: NodeID(peer)) }
        _ = watch.compare(applied: LogIndex(index))
        return watch.verdict
    }

    @Test func `A peer that is ahead is compared when we get there`() {
        var watch = watch([1, 2, 3])
        watch.heard(report(12, 999), from: NodeID(2))
        _ = watch.compare(applied: LogIndex(11))
        #expect(watch.verdict == .fine)
        watch.this(report(12, 120))
        _ = watch.compare(applied: LogIndex(12))
        #expect(watch.verdict == .undecided(index: LogIndex(12)))
    }

    @Test func `How far others are is known from the first report on, and stays known`() {
        var watch = watch([1, 2, 3])
        #expect(watch.newestHeard == nil)
        watch.heard(report(12, 120), from: NodeID(2))
        watch.heard(report(11, 110), from: NodeID(3))
        watch.heard(report(99, 990), from: NodeID(9))
        #expect(watch.newestHeard == LogIndex(12))
        watch.this(report(12, 120))
        _ = watch.compare(applied: LogIndex(12))
        #expect(watch.newestHeard == LogIndex(12))
    }

    @Test func `With one that agrees the other is wrong; with two that agree on another we are`() {
        var watch = watch([1, 2, 3])
        #expect(
            verdict(&watch, [(2, 999), (3, 100)])
                == .othersDiffer([NodeID(2)], index: LogIndex(10)))
        #expect(
            verdict(&watch, [(3, 999)])
                == .weDiffer(index: LogIndex(10), mine: 100, theirs: 999))
    }

    @Test func `With three different digests nobody is known to be right`() {
        var watch = watch([1, 2, 3])
        #expect(verdict(&watch, [(2, 999), (3, 998)]) == .undecided(index: LogIndex(10)))
    }

    @Test func `Two that differ are a majority only at one index`() {
        var watch = watch([1, 2, 3])
        #expect(verdict(&watch, [(2, 999)]) == .undecided(index: LogIndex(10)))
        watch.this(report(11, 110))
        #expect(verdict(&watch, [(3, 997)], at: 11) == .undecided(index: LogIndex(10)))
        #expect(
            verdict(&watch, [(2, 997)], at: 11)
                == .weDiffer(index: LogIndex(11), mine: 110, theirs: 997))
    }

    @Test func `Of five, two against two and us is no majority; three against us is`() {
        var watch = watch([1, 2, 3, 4, 5])
        #expect(
            verdict(&watch, [(2, 9), (3, 9), (4, 8), (5, 8)]) == .undecided(index: LogIndex(10)))
        #expect(
            verdict(&watch, [(4, 9)]) == .weDiffer(index: LogIndex(10), mine: 100, theirs: 9))
    }

    @Test func `A learner counts for no majority, but is watched`() {
        var watch = watch([1, 2, 3], learners: [4, 5])
        #expect(
            verdict(&watch, [(2, 100), (3, 100), (4, 9), (5, 9)])
                == .othersDiffer([NodeID(4), NodeID(5)], index: LogIndex(10)))
        #expect(verdict(&watch, [(2, 9)]) != .weDiffer(index: LogIndex(10), mine: 100, theirs: 9))
    }

    @Test func `One that differs and is removed is forgotten`() {
        var watch = watch([1, 2, 3])
        #expect(verdict(&watch, [(2, 999)]) == .undecided(index: LogIndex(10)))
        follow(&watch, [1, 3])
        #expect(watch.verdict == .fine)
        #expect(verdict(&watch, [(2, 999)]) == .fine, "and not heard any more")
    }

    @Test func `What is not remembered any more is not compared`() {
        var watch = watch([1, 2, 3])
        for index in 11...20 { watch.this(report(UInt64(index), UInt64(index) * 10)) }
        watch.heard(report(11, 999), from: NodeID(2))
        _ = watch.compare(applied: LogIndex(20))
        #expect(watch.verdict == .fine)
    }

    @Test func `Two nodes that differ can't tell who is right`() {
        var watch = watch([1, 2])
        #expect(verdict(&watch, [(2, 999)]) == .undecided(index: LogIndex(10)))
    }
}
