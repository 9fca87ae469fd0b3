import Raft
import Routing
import Testing
import Wire

@testable import Replica

@Suite struct PeerMessageTests {
    static let one = NodeID(1)
    static let two = NodeID(2)

    static func raft(_ body: Message.Body) -> PeerMessage {
        .raft(Message(from: one, to: two, term: Term(5), body: body))
    }
    static func at(_ index: UInt64, _ term: UInt64) -> LogPosition {
        LogPosition(index: LogIndex(index), term: Term(term))
    }

    /// Every message with the bytes that stand for it since it was first written.
    static let golden: [(message: PeerMessage, hex: String)] = [
        (raft(.preVote(proposed: Term(6), log: at(300, 4))), "01010501 06ac0204"),
        (raft(.preVoteReply(proposed: Term(6), .leaderIsAlive)), "01010502 0602"),
        (raft(.vote(log: at(300, 4), isTransfer: true)), "01010503 ac020401"),
        (raft(.voteReply(.granted)), "01010504 00"),
        (
            raft(
                .append(
                    .init(
                        previous: at(7, 4),
                        entries: [
                            Entry(
                                index: LogIndex(8), term: Term(5), kind: .noop, payload: []),
                            Entry(
                                index: LogIndex(9), term: Term(5), kind: .command,
                                payload: [0xaa, 0xbb]),
                        ], commit: LogIndex(6), isProbe: true))),
            "01010505 0704060102 000500 010502aabb"
        ),
        (raft(.appendReply(.matched(LogIndex(8), accepted: LogIndex(9)))), "01010506 0809"),
        (
            raft(.appendReply(.rejected(previous: LogIndex(8), hint: at(3, 2)))),
            "01010507 080302"
        ),
        (
            raft(.heartbeat(commit: LogIndex(8), match: LogIndex(9), round: 77)),
            "0101050b 08094d"
        ),
        (raft(.removed(index: LogIndex(8))), "0101050c 08"),
        (
            raft(.heartbeatReply(round: 77, match: LogIndex(8), accepted: LogIndex(9))),
            "01010509 4d0809"
        ),
        (raft(.timeoutNow), "0101050a"),
        (
            .forward(
                .init(
                    client: 0x0102_0304_0506_0708, settledBelow: 3,
                    commands: [.init(sequence: 4, flags: 1, command: [0xcc, 0xdd][...])])),
            "0102 0807060504030201 03 01 04 01 02ccdd"
        ),
        (
            .forwardRefused(client: 1, [.init(sequence: 4, why: .overloaded)]),
            "0103 0100000000000000 01 04 01"
        ),
        (.readIndex(client: 1, id: 9), "0104 0100000000000000 09"),
        (
            .readIndexReply(client: 1, id: 9, index: LogIndex(8)),
            "0105 0100000000000000 09 01 08"
        ),
        (.readIndexReply(client: 1, id: 9, index: nil), "0105 0100000000000000 09 00"),
        (.report(.init(index: LogIndex(8), digest: 2)), "0106 08 0200000000000000"),
        (.majority(.init(index: LogIndex(8), digest: 2)), "0107 08 0200000000000000"),
        (
            .ask(client: 1, id: 9, .membership(.add(NodeID(4), address: [0xaa, 0xbb]))),
            "0108 0100000000000000 09 01 04 02aabb"
        ),
        (
            .ask(client: 1, id: 9, .membership(.remove(NodeID(300)))),
            "0108 0100000000000000 09 02 ac02"
        ),
        (.ask(client: 1, id: 9, .transfer(to: NodeID(2))), "0108 0100000000000000 09 03 02"),
        (.ask(client: 1, id: 9, .transfer(to: nil)), "0108 0100000000000000 09 03 00"),
        (
            .askRefused(client: 1, id: 9, .idWasUsed),
            "0109 0100000000000000 09 01 0a"
        ),
        (.askRefused(client: 1, id: 9, nil), "0109 0100000000000000 09 00"),
        (
            .forwardRefused(client: 1, [.init(sequence: 4, why: .noRoom)]),
            "0103 0100000000000000 01 04 05"
        ),
        (.room(.full), "010a 02"),
    ]

    private func frame(_ messages: [PeerMessage]) -> [UInt8] {
        var writer = FrameWriter(incarnation: 0x0a, number: 300)
        var batch: FrameWriter.Batch?
        for message in messages { writer.add(message, sharing: &batch) }
        return writer.take()
    }
    private func read(_ frame: [UInt8]) throws(WireError) -> [PeerMessage] {
        var reader = try FrameReader(frame, from: Self.one, to: Self.two)
        var messages: [PeerMessage] = []
        while let message = try reader.next() { messages.append(message) }
        return messages
    }

    @Test(arguments: golden.indices)
    func `Every message has its bytes for ever`(at: Int) throws {
        let (message, hex) = Self.golden[at]
        let parts = hex.dropFirst(2).filter { $0 != " " }
        let bytes = try #require(Hex.decode("010a00000000000000ac02" + parts))
        #expect(frame([message]) == bytes)
        #expect(try read(bytes) == [message])
    }

    @Test(arguments: golden.indices)
    func `A frame cut anywhere is refused`(at: Int) {
        let bytes = frame([Self.golden[at].message])
        for count in 0..<bytes.count where count != 11 {
            #expect(throws: WireError.self) { try read(Array(bytes.prefix(count))) }
        }
    }

    @Test func `A heartbeat of the first form remembers no more than it commits`() throws {
        let bytes = try #require(Hex.decode("010a00000000000000ac02" + "010508084d"))
        let body = Message.Body.heartbeat(commit: LogIndex(8), match: LogIndex(8), round: 77)
        #expect(
            try read(bytes) == [
                .raft(Message(from: Self.one, to: Self.two, term: Term(5), body: body))
            ])
    }

    @Test func `A frame carries many messages`() throws {
        let all = Self.golden.map(\.message)
        #expect(try read(frame(all)) == all)
    }

    @Test func `Entries encoded once serve every follower`() throws {
        let append = Self.golden[4].message
        var batch: FrameWriter.Batch?
        var first = FrameWriter(incarnation: 1, number: 1)
        first.add(append, sharing: &batch)
        #expect(batch?.count == 2)
        var second = FrameWriter(incarnation: 1, number: 1)
        second.add(append, sharing: &batch)
        #expect(first.take() == second.take())
    }

    @Test func `A frame that came before is no news, nor is one that was overtaken`() {
        var numbers = FrameNumbers()
        let members = Configuration(voters: [Self.one, Self.two])
        numbers.follow(members, committed: members, but: Self.one)
        let sent = [numbers.next(to: Self.two), numbers.next(to: Self.two)]
        #expect(sent == [1, 2])
        let frames: [(UInt64, UInt64)] = [
            (7, 1), (7, 1), (7, 3), (7, 2), (8, 1), (7, 3), (7, 4),
        ]
        let news = frames.map { numbers.isNews($0.0, $0.1, from: Self.two) }
        #expect(news == [true, false, true, false, true, false, true])
        let stranger = numbers.isNews(7, 9, from: NodeID(9))
        #expect(!stranger)
    }

    @Test func `Unknown versions and tags are refused`() {
        #expect(throws: WireError.self) { try read([2]) }
        let header: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        #expect(throws: WireError.self) { try read(header + [99]) }
        #expect(throws: WireError.self) { try read(header + [1, 5, 99]) }
        #expect(throws: Never.self) { try read(header) }
    }

    @Test func `No bytes at all bring a reader down`() {
        var generator = Generator(seed: 11)
        for at in Self.golden.indices {
            let good = frame([Self.golden[at].message])
            for _ in 0..<300 {
                var bad = good
                for _ in 0..<(1 + generator.below(3)) {
                    bad[Int(generator.below(UInt64(bad.count)))] =
                        UInt8(truncatingIfNeeded: generator.next())
                }
                // Refused or understood as something else: both are fine, a trap is not.
                _ = try? read(bad)
            }
        }
    }

    @Test func `An entry's payload has its bytes for ever`() throws {
        let payload = EntryPayload(
            time: LogTime(milliseconds: 150), flags: 1, client: 7, sequence: 300,
            settledBelow: 2)
        let bytes = payload.encoded(command: [1][...])
        #expect(Hex.string(bytes) == "0101ac020700000000000000ac020201")
        var reader = ByteReader(bytes)
        let back = try EntryPayload(from: &reader)
        #expect(back.time == payload.time && back.sequence == 300 && back.client == 7)
        #expect(try Command.decode(&reader) == .advance)
        for version in [[2], [1, 2]] as [[UInt8]] {
            var bad = ByteReader(version + bytes.dropFirst(version.count))
            #expect(throws: WireError.self) { try EntryPayload(from: &bad) }
        }
    }
}
