import Raft
import Routing
import Testing
import Wire

@testable import Replica

@Suite struct MarkTests {
    private let members = Configuration(voters: [NodeID(1), NodeID(2)], highestUsed: NodeID(4))

    @Test func `A mark's meta comes back as it was, and no part of it does`() {
        for known in [nil, Replica.Mark.Meta.Members(index: LogIndex(9), configuration: members)] {
            let meta = Replica.Mark.Meta(time: LogTime(milliseconds: -5), members: known)
            #expect(Replica.Mark.Meta(meta.encoded) == meta)
            for count in 0..<meta.encoded.count {
                #expect(Replica.Mark.Meta(Array(meta.encoded[..<count])) == nil)
            }
        }
    }

    @Test func `The first version's meta, time alone, is read`() {
        // Version 1, then 1,000 milliseconds as a zigzag number.
        let meta = Replica.Mark.Meta([1, 0xD0, 0x0F])
        #expect(meta == Replica.Mark.Meta(time: LogTime(milliseconds: 1_000), members: nil))
    }

    @Test func `The members of the first start are stored with the first rows`() {
        var desk = Desk()
        let leader = desk.elect()
        let meta = Replica.Mark.Meta(desk[leader].mark.meta)
        #expect(meta?.members?.index == .zero)
        #expect(meta?.members?.configuration.voters == desk.ids)
    }

    @Test func `A node that starts from a mark takes its members from there`() throws {
        let meta = Replica.Mark.Meta(
            time: LogTime(milliseconds: 7),
            members: .init(index: LogIndex(9), configuration: members))
        let replica = try Replica(
            id: NodeID(2), incarnation: 1, configuration: Configuration(voters: [NodeID(2)]),
            stored: StoredLog(
                base: (LogIndex(9), Term(3)), last: (LogIndex(9), Term(3))),
            state: ReplicatedState(),
            mark: .init(index: LogIndex(9), term: Term(3), digest: 5, meta: meta.encoded),
            limits: .init(), seed: 1, now: Instant(nanoseconds: 0),
            wall: LogTime(milliseconds: 0))
        #expect(replica.raft.configuration == members)
        #expect(replica.status.applied == LogIndex(9) && replica.status.role == .follower)
    }
}
