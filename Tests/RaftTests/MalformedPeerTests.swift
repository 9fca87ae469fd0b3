import Testing

@testable import Raft

/// What a member says that no right one would: it is dropped, and nothing falls over.
@Suite struct MalformedPeerTests {
    private func member() -> Raft { Network()[2] }

    private func append(
        _ entries: [Entry], after previous: LogPosition, commit: UInt64 = 0, term: UInt64
    ) -> Message {
        Message(
            from: NodeID(1), to: NodeID(2), term: Term(term),
            body: .append(
                .init(previous: previous, entries: entries, commit: LogIndex(commit))))
    }

    @Test func `Entries that contradict what is committed are not taken`() {
        var raft = member()
        raft.received(append([entry(1, 5)], after: .zero, commit: 1, term: 5))
        raft.persisted(id: raft.takeEffects().persist!.id)
        #expect(raft.takeEffects().committed.map(\.index) == [LogIndex(1)])
        raft.received(append([entry(1, 1), entry(2, 1)], after: .zero, term: 5))
        #expect(raft.lastPosition == at(1, 5))
        raft.received(append([entry(1, 5), entry(2, 5)], after: .zero, term: 5))
        #expect(raft.lastPosition == at(2, 5))
        raft.checkInvariants()
    }
}
