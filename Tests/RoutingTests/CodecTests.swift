import Testing
import Wire

@testable import Routing

/// Commands and rows as bytes. The bytes below are in logs: they never change.
@Suite struct CodecTests {
    private func bytes(_ command: Command) -> [UInt8] {
        var writer = ByteWriter()
        command.encode(into: &writer)
        return writer.bytes
    }

    @Test(arguments: Samples.commands)
    func `A command comes back from its bytes, and from no part of them`(command: Command) throws {
        let bytes = bytes(command)
        var reader = ByteReader(bytes)
        #expect(try Command.decode(&reader) == command)
        try reader.expectEnd()
        for count in 0..<bytes.count {
            #expect(throws: WireError.self) {
                var reader = ByteReader(Array(bytes.prefix(count)))
                _ = try Command.decode(&reader)
                try reader.expectEnd()
            }
        }
    }

    @Test func `There is a sample of every tag, and every tag has golden bytes`() {
        let tags = Set(Samples.commands.map { bytes($0)[0] })
        #expect(tags == Set(CommandTag.allCases.map(\.rawValue)))
        #expect(golden.count == Samples.commands.count)
    }

    @Test func `An unknown tag is an error that names it`() {
        for tag: UInt8 in [0, 36, 59, 64, 69, 255] {
            #expect(throws: WireError(.unknownTag(UInt64(tag)), offset: 0)) {
                var reader = ByteReader([tag])
                _ = try Command.decode(&reader)
            }
        }
    }

    @Test(arguments: Array(zip(Samples.commands, golden)))
    func `Golden bytes`(command: Command, hex: String) {
        #expect(
            bytes(command).map { byte in
                let digits = String(byte, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined() == hex)
    }

    @Test(arguments: [UInt64](1...12))
    func `Rows come back from their bytes, and from no part of them`(seed: UInt64) throws {
        var random = RandomWorld(seed: 700 + seed)
        for _ in 0..<60 { random.step() }
        for (key, value) in random.world.rows {
            let table = RowTable(rawValue: key.table)!
            for count in 0..<value.count
            where !isWholeAtFirst(key, value, count, random.world.state) {
                let part = Array(value.prefix(count))
                switch table {
                case .history:
                    #expect(throws: WireError.self) { try HistoryItem(value: part) }
                case .click:
                    #expect(throws: WireError.self) { try Click(value: part) }
                case .note:
                    #expect(throws: WireError.self) {
                        try PrivateNote(author: AgentID(1), index: 1, value: part)
                    }
                case .revision:
                    #expect(throws: WireError.self) { try RevisionMark(value: part) }
                case .onlineSpan:
                    #expect(throws: WireError.self) {
                        try OnlineSpan(from: key.minor, value: part)
                    }
                default:
                    #expect(throws: WireError.self, "\(table) cut at \(count)") {
                        var state = RoutingState()
                        state.rooms = random.world.state.rooms
                        state.roomSlots = random.world.state.roomSlots
                        state.desks = random.world.state.desks
                        state.deskSlots = random.world.state.deskSlots
                        try state.load(
                            table: table, major: key.major, minor: key.minor, value: part)
                        try state.placeRows()
                    }
                }
            }
        }
    }

    /// A row of a later level whose added fields are cut off is a row of an earlier one.
    private func isWholeAtFirst(
        _ key: RowKey, _ value: [UInt8], _ count: Int, _ state: RoutingState
    ) -> Bool {
        switch RowTable(rawValue: key.table) {
        case .agent: state.agent(AgentID(key.major))!.encoded(at: .first).count == count
        case .link: state.link(LinkID(key.major))!.encoded(at: .first).count == count
        case .click: try! Click(value: value).encodedAlone().count == count
        case .outbox:
            [state.outbox(OutboxID(key.major))!.plain, state.outbox(OutboxID(key.major))!.bare]
                .contains { $0.encoded().count == count }
        default: false
        }
    }

    @Test(arguments: [UInt64](1...20))
    func `Noise never traps a decoder`(seed: UInt64) {
        var dice = Dice(seed: seed)
        for command in Samples.commands {
            var noise = bytes(command)
            for _ in 0..<3 { noise[dice.roll(0...noise.count - 1)] = UInt8(dice.roll(0...255)) }
            var reader = ByteReader(noise)
            guard let decoded = try? Command.decode(&reader), reader.isAtEnd else { continue }
            #expect(bytes(decoded) == noise, "one encoding for each value")
        }
    }
}

extension OutboxMessage {
    /// As the first level has it.
    fileprivate var plain: OutboxMessage {
        var message = self
        (message.entities, message.act, message.changedAt) = ([], .send, nil)
        return message.bare
    }

    /// As it is when it answers none.
    fileprivate var bare: OutboxMessage {
        var message = self
        message.replyTo = nil
        return message
    }
}
