import HTTP
import Testing
import Wire

/// Frames that came and what the WebSocket must make of them.
struct FrameTranscript: CustomTestStringConvertible, Sendable {
    let name: String
    let frames: [[UInt8]]
    let expected: [Heard]
    var testDescription: String { name }

    init(_ name: String, _ frames: [[UInt8]], _ events: WebSocketEvent..., error: Int? = nil) {
        self.name = name
        self.frames = frames
        expected = events.map { .message($0) } + (error.map { [.error($0)] } ?? [])
    }
}

/// A frame with its first byte as given; masked as a client masks.
private func frame(_ first: UInt8, _ payload: [UInt8] = [], masked: Bool = true) -> [UInt8] {
    var bytes = [first]
    let bit: UInt8 = masked ? 0x80 : 0
    switch payload.count {
    case ..<126: bytes.append(bit | UInt8(payload.count))
    case ..<65536: bytes += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default:
        bytes.append(bit | 127)
        bytes += (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> (8 * $0)) }
    }
    guard masked else { return bytes + payload }
    let mask: [UInt8] = [0x11, 0xA2, 0x33, 0xC4]
    return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
}

private func listen(
    _ parts: [ArraySlice<UInt8>], role: WebSocketConnection.Role = .server, limit: Int = 1 << 20
) -> [Heard] {
    var socket = WebSocketConnection(role: role, limits: .init(maxMessageBytes: limit))
    var heard: [Heard] = []
    for part in parts {
        socket.receive(Array(part))
        do {
            while let event = try socket.next() { heard.append(.message(event)) }
        } catch {
            heard.append(.error(Int(error.code)))
        }
    }
    return heard
}

private let big = [UInt8](repeating: 7, count: 300)

@Test(arguments: [
    FrameTranscript("a text", [frame(0x81, bytes("hello"))], .text(bytes("hello"))),
    FrameTranscript("an empty text", [frame(0x81)], .text([])),
    FrameTranscript("a binary of two length bytes", [frame(0x82, big)], .binary(big)),
    FrameTranscript(
        "fragments with a ping between",
        [
            frame(0x01, bytes("a")), frame(0x89, bytes("p")), frame(0x00), frame(0x00, bytes("b")),
            frame(0x80, bytes("c")), frame(0x8A),
        ], .ping(bytes("p")), .text(bytes("abc")), .pong([])),
    FrameTranscript(
        "a character in two fragments", [frame(0x01, [0xE2, 0x82]), frame(0x80, [0xAC])],
        .text([0xE2, 0x82, 0xAC])),
    FrameTranscript("an empty close", [frame(0x88)], .close(code: nil, reason: "")),
    FrameTranscript(
        "a close and nothing after it",
        [frame(0x88, [0x03, 0xE8] + bytes("bye")), frame(0x81, bytes("x")), [0xFF, 0xFF]],
        .close(code: 1000, reason: "bye")),
    FrameTranscript(
        "a code of one's own", [frame(0x88, [0x0F, 0xA0])], .close(code: 4000, reason: "")),
    FrameTranscript("half a code", [frame(0x88, [0x03])], error: 1002),
    FrameTranscript("code 1005", [frame(0x88, [0x03, 0xED])], error: 1002),
    FrameTranscript("code 1006", [frame(0x88, [0x03, 0xEE])], error: 1002),
    FrameTranscript("code 1004", [frame(0x88, [0x03, 0xEC])], error: 1002),
    FrameTranscript("code 1015", [frame(0x88, [0x03, 0xF7])], error: 1002),
    FrameTranscript("code 999", [frame(0x88, [0x03, 0xE7])], error: 1002),
    FrameTranscript("code 2000", [frame(0x88, [0x07, 0xD0])], error: 1002),
    FrameTranscript("code 5000", [frame(0x88, [0x13, 0x88])], error: 1002),
    FrameTranscript("a reason that is not UTF-8", [frame(0x88, [0x03, 0xE8, 0xFF])], error: 1007),
    FrameTranscript("no mask", [frame(0x81, bytes("a"), masked: false)], error: 1002),
    FrameTranscript("a reserved bit", [frame(0xC1, bytes("a"))], error: 1002),
    FrameTranscript("opcode 3", [frame(0x83)], error: 1002),
    FrameTranscript("opcode 11", [frame(0x8B)], error: 1002),
    FrameTranscript("a ping in fragments", [frame(0x09)], error: 1002),
    FrameTranscript("a ping of 126 bytes", [frame(0x89, Array(big[..<126]))], error: 1002),
    FrameTranscript("a continuation of nothing", [frame(0x80, bytes("a"))], error: 1002),
    FrameTranscript("a text within a text", [frame(0x01), frame(0x81)], error: 1002),
    FrameTranscript("a length that is longer than it needs", [[0x82, 0xFE, 0, 125]], error: 1002),
    FrameTranscript(
        "a length of eight bytes that needs two", [[0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]],
        error: 1002),
    FrameTranscript(
        "a length past 63 bits", [[0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]], error: 1002),
    FrameTranscript(
        "a length past the limit", [[0x82, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 1, 0, 0, 0, 0]],
        error: 1009),
    FrameTranscript("text that is not UTF-8", [frame(0x81, [0xC0, 0x80])], error: 1007),
    FrameTranscript("a surrogate", [frame(0x81, [0xED, 0xA0, 0x80])], error: 1007),
    FrameTranscript("past U+10FFFF", [frame(0x81, [0xF4, 0x90, 0x80, 0x80])], error: 1007),
    FrameTranscript("a character cut off", [frame(0x81, [0xE2, 0x82])], error: 1007),
    FrameTranscript("not UTF-8 in the first fragment", [frame(0x01, [0xFF])], error: 1007),
    FrameTranscript("binary need not be UTF-8", [frame(0x82, [0xFF])], .binary([0xFF])),
])
func `A WebSocket hears the same however the bytes are cut`(_ transcript: FrameTranscript) {
    // The rest of a length that is wrong must be there for the error to be seen.
    let input = Array(transcript.frames.joined()) + [0, 0, 0, 0]
    let expected = transcript.expected
    let ends = expected.contains { if case .error = $0 { true } else { false } }
    expectInEverySplit(ends ? input : Array(input.dropLast(4)), expected) { listen($0) }
}

@Test func `Lengths around the borders of their forms go both ways`() throws {
    for count in [0, 1, 7, 8, 9, 125, 126, 127, 65535, 65536, 65537] {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for role: WebSocketConnection.Role in [.server, .client] {
            var sender = WebSocketConnection(role: role)
            var receiver = WebSocketConnection(
                role: role == .server ? .client : .server,
                limits: .init(maxMessageBytes: 65537))
            var out: [UInt8] = []
            sender.send(.binary(payload), mask: role == .client ? 0xDEAD_BEEF : nil, into: &out)
            #expect(out == frameHead(of: role, count) + payload.masked(role))
            receiver.receive(out)
            #expect(try receiver.next() == .binary(payload))
            #expect(try receiver.next() == nil)
        }
    }
}

private func frameHead(of role: WebSocketConnection.Role, _ count: Int) -> [UInt8] {
    let whole = frame(0x82, [UInt8](repeating: 0, count: count), masked: role == .client)
    let head = whole.count - count
    return role == .client
        ? whole[..<(head - 4)] + [0xEF, 0xBE, 0xAD, 0xDE] : Array(whole[..<head])
}

extension [UInt8] {
    fileprivate func masked(_ role: WebSocketConnection.Role) -> [UInt8] {
        let mask: [UInt8] = role == .client ? [0xEF, 0xBE, 0xAD, 0xDE] : [0, 0, 0, 0]
        return enumerated().map { $1 ^ mask[$0 % 4] }
    }
}

@Test func `A message may reach its limit in fragments and not pass it`() {
    let two = frame(0x01, bytes("abc")) + frame(0x80, bytes("de"))
    expectInEverySplit(two, [.message(.text(bytes("abcde")))]) { listen($0, limit: 5) }
    expectInEverySplit(two + [0], [.error(1009)]) { listen($0, limit: 4) }
    // A ping does not count.
    let ping = frame(0x89, bytes("0123456789"))
    expectInEverySplit(ping, [.message(.ping(bytes("0123456789")))]) { listen($0, limit: 4) }
}

@Test func `A server's frames must not be masked`() {
    #expect(listen([frame(0x81, bytes("a"))[...]], role: .client) == [.error(1002)])
    let plain = frame(0x81, bytes("a"), masked: false)
    #expect(listen([plain[...]], role: .client) == [.message(.text(bytes("a")))])
}

@Test func `Closing takes a frame from each side`() throws {
    var server = WebSocketConnection(role: .server)
    var client = WebSocketConnection(role: .client)
    var out: [UInt8] = []
    server.send(.close(code: 1001, reason: "going"), into: &out)
    #expect(server.isClosing && !server.isFinished)
    client.receive(out)
    let heard = try #require(try client.next())
    #expect(heard == .close(code: 1001, reason: "going"))
    var back: [UInt8] = []
    client.send(try #require(client.reply(to: heard)), mask: 1, into: &back)
    #expect(client.isFinished)
    client.send(.text(bytes("late")), mask: 1, into: &back)
    server.receive(back)
    #expect(try server.next() == .close(code: 1001, reason: ""))
    #expect(server.isFinished)
}

@Test func `A ping is answered with its bytes and nothing else needs an answer`() {
    let socket = WebSocketConnection(role: .server)
    #expect(socket.reply(to: .ping([1, 2])) == .pong([1, 2]))
    #expect(socket.reply(to: .text([])) == nil)
    #expect(socket.reply(to: .pong([])) == nil)
}

@Test func `A reason that is too long is cut between characters`() throws {
    var server = WebSocketConnection(role: .server)
    var client = WebSocketConnection(role: .client)
    var out: [UInt8] = []
    server.send(.close(code: 1000, reason: Text(String(repeating: "中", count: 60))), into: &out)
    client.receive(out)
    #expect(
        try client.next() == .close(code: 1000, reason: Text(String(repeating: "中", count: 41))))
}

@Test func `After an error only a close frame is of use`() throws {
    var server = WebSocketConnection(role: .server)
    server.receive([0xFF, 0xFF])
    #expect(throws: WebSocketError(1002, "a reserved bit is set")) { try server.next() }
    server.receive(frame(0x81, bytes("a")))
    #expect(try server.next() == nil)
    var out: [UInt8] = []
    server.send(.close(code: 1002, reason: ""), into: &out)
    #expect(server.isFinished)
}
