import Raft
import Routing
import Testing
import Wire

@testable import Replica

/// What a peer says that no right one would: it is refused or dropped, and nothing falls over.
@Suite struct MalformedPeerTests {
    private func frame(_ message: PeerMessage) -> [UInt8] {
        var writer = FrameWriter(incarnation: 77, number: 1)
        var batch: FrameWriter.Batch?
        writer.add(message, sharing: &batch)
        return writer.take()
    }

    /// Sequence 0 is the key of the client's own row, and those of the upper half would stand
    /// before it: no node could read its rows again.
    @Test(arguments: [(0, 0), (1 << 63, 1), (.max, 1), (7, 8), (7, .max)] as [(UInt64, UInt64)])
    func `A request under a number that none has enters no log`(
        sequence: UInt64, settledBelow: UInt64
    ) {
        var desk = Desk()
        let leader = desk.elect()
        let last = desk[leader].status.last
        var command = ByteWriter()
        newAgent("a").encode(into: &command)
        let forward = PeerMessage.forward(
            .init(
                client: 77, settledBelow: settledBelow,
                commands: [
                    .init(
                        sequence: sequence, flags: EntryPayload.keepsAnswer,
                        command: command.bytes[...])
                ]))
        desk[leader].received(frame(forward), from: NodeID(desk.follower))
        desk.settle()
        #expect(desk[leader].status.last == last)
        guard case .badFrame = desk.notices[NodeID(leader)]?.last else {
            Issue.record("not noticed")
            return
        }
    }

    @Test(arguments: [Int64.max, Int64.max / 1_000_000, Int64.min])
    func `No time in an entry brings the clock down`(milliseconds: Int64) {
        var desk = Desk()
        var command = ByteWriter()
        Command.advance.encode(into: &command)
        let payload = EntryPayload(time: LogTime(milliseconds: milliseconds))
            .encoded(command: command.bytes[...])
        let entry = Entry(
            index: LogIndex(1), term: Term(9), kind: .command, payload: payload)
        let message = Message(
            from: NodeID(1), to: NodeID(2), term: Term(9),
            body: .append(.init(previous: .zero, entries: [entry], commit: .zero)))
        desk[2].received(frame(.raft(message)), from: NodeID(1))
        desk.now = desk.now.advanced(by: .seconds(1))
        desk[2].timeAdvanced(to: desk.now, wall: desk.wall)
        #expect(desk[2].logTime >= LogTime(milliseconds: 0))
    }
}
