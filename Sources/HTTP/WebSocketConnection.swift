import Wire

/// A message or a control frame of a WebSocket.
public enum WebSocketEvent: Sendable, Equatable {
    /// A whole text message, valid UTF-8.
    case text([UInt8])
    /// A whole binary message.
    case binary([UInt8])
    /// A ping, to be answered with a pong of the same bytes.
    case ping([UInt8])
    /// A pong.
    case pong([UInt8])
    /// The closing handshake; no code when the frame was empty.
    case close(code: UInt16?, reason: Text)
}

/// Why a WebSocket can't go on: send a close frame of this code, then close the connection.
public struct WebSocketError: Error, Equatable, Sendable {
    /// The code to close with (RFC 6455, section 7.4.1).
    public let code: UInt16
    /// What was wrong, for people.
    public let reason: String

    /// An error of this code.
    public init(_ code: UInt16, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}

/// One side of a WebSocket after its handshake, without I/O. No extensions.
public struct WebSocketConnection: Sendable {
    /// Which side this is: clients mask what they send, servers insist on it.
    public enum Role: Sendable, Equatable {
        /// The side that was connected to.
        case server
        /// The side that connected.
        case client
    }

    /// The bounds of a WebSocket.
    public struct Limits: Sendable, Equatable {
        /// Bytes of one message, all its fragments together. Past it: close code 1009.
        public var maxMessageBytes: Int

        /// Bounds with this size of a message.
        public init(maxMessageBytes: Int = 64 << 10) {
            self.maxMessageBytes = maxMessageBytes
        }
    }

    /// A message of which fragments have come.
    private struct Message: Sendable {
        var isText: Bool
        var bytes: [UInt8] = []
        var validator = UTF8Validator()
    }

    /// Which side this is.
    public let role: Role
    /// The bounds.
    public let limits: Limits
    private var buffer = ReceiveBuffer()
    private var message: Message?
    private var hasReceivedClose = false
    private var hasSentClose = false
    private var hasFailed = false

    /// A WebSocket whose handshake is done.
    public init(role: Role, limits: Limits = Limits()) {
        self.role = role
        self.limits = limits
    }

    /// Whether no more can be sent or received: close the connection (the server first).
    public var isFinished: Bool { hasSentClose && (hasReceivedClose || hasFailed) }
    /// Whether a close frame was sent: nothing more will be written.
    public var isClosing: Bool { hasSentClose }

    /// Takes bytes from the socket.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        // Nothing behind a close frame or an error has a meaning.
        if hasReceivedClose || hasFailed { return }
        buffer.append(bytes)
    }

    /// Takes bytes from the socket.
    public mutating func receive(_ bytes: [UInt8]) { bytes.withUnsafeBytes { receive($0) } }

    /// The next whole message or control frame; nil when more bytes are needed, and always after a
    /// close frame or an error.
    public mutating func next() throws(WebSocketError) -> WebSocketEvent? {
        do {
            while let frame = try readFrame() {
                if let event = try take(frame) { return event }
            }
            return nil
        } catch {
            hasFailed = true
            buffer.removeAll()
            message = nil
            throw error
        }
    }

    /// What the protocol wants answered to an event: a pong to a ping, a close to a close.
    public func reply(to event: WebSocketEvent) -> WebSocketEvent? {
        switch event {
        case .ping(let payload): .pong(payload)
        case .close(let code, _): .close(code: code, reason: "")
        case .text, .binary, .pong: nil
        }
    }

    /// Appends a message or a control frame. After a close frame nothing more is written.
    ///
    /// A control payload past 125 bytes is cut, and so is a closing reason past 123.
    /// - Parameter mask: a client gives fresh random bits for each frame; a server gives none.
    public mutating func send(
        _ event: WebSocketEvent, mask: UInt32? = nil, into out: inout [UInt8]
    ) {
        precondition((mask != nil) == (role == .client), "clients mask, servers don't")
        if hasSentClose { return }
        let (opcode, payload) = Self.encode(event)
        if opcode == .close { hasSentClose = true }
        let frame = WebSocketFrame(
            opcode: opcode, isFinal: true, mask: mask, payloadCount: payload.count)
        frame.write(payload: payload, into: &out)
    }

    private static func encode(_ event: WebSocketEvent) -> (WebSocketFrame.Opcode, [UInt8]) {
        let limit = WebSocketFrame.maxControlBytes
        switch event {
        case .text(let bytes): return (.text, bytes)
        case .binary(let bytes): return (.binary, bytes)
        case .ping(let bytes): return (.ping, Array(bytes.prefix(limit)))
        case .pong(let bytes): return (.pong, Array(bytes.prefix(limit)))
        case .close(nil, _): return (.close, [])
        case .close(let code?, let reason):
            var text = Array(reason.string.utf8.prefix(limit - 2))
            while !UTF8Validator.isValid(text) { text.removeLast() }
            return (.close, [UInt8(code >> 8), UInt8(code & 0xFF)] + text)
        }
    }

    /// The next frame whose bytes are all there. Lengths are checked before the payload comes.
    private mutating func readFrame() throws(WebSocketError) -> WebSocketFrame? {
        if buffer.isEmpty { return nil }
        let sender: Role = role == .server ? .client : .server
        let read = try buffer.withUnread { (bytes) throws(WebSocketError) -> WebSocketFrame? in
            try WebSocketFrame.read(bytes, from: sender)
        }
        guard let frame = read else { return nil }
        switch frame.opcode {
        case .continuation:
            guard message != nil else { throw WebSocketError(1002, "a continuation of nothing") }
        case .text, .binary:
            guard message == nil else { throw WebSocketError(1002, "a message within a message") }
        case .close, .ping, .pong:
            break
        }
        let room = limits.maxMessageBytes - (message?.bytes.count ?? 0)
        guard frame.opcode.isControl || frame.payloadCount <= room else {
            throw WebSocketError(1009, "a message past \(limits.maxMessageBytes) bytes")
        }
        return buffer.count >= frame.headCount + frame.payloadCount ? frame : nil
    }

    /// Uses a frame up; gives an event if one is complete.
    private mutating func take(_ frame: WebSocketFrame) throws(WebSocketError) -> WebSocketEvent? {
        buffer.consume(frame.headCount)
        if frame.opcode.isControl {
            var payload: [UInt8] = []
            takePayload(of: frame, into: &payload)
            switch frame.opcode {
            case .ping: return .ping(payload)
            case .pong: return .pong(payload)
            case .close, .text, .binary, .continuation: return try takeClose(payload)
            }
        }
        var current = message ?? Message(isText: frame.opcode == .text)
        message = nil
        let old = current.bytes.count
        takePayload(of: frame, into: &current.bytes)
        if current.isText {
            let isValid = current.bytes.withUnsafeBytes {
                current.validator.accept($0.part(old..<$0.count))
            }
            guard isValid, !frame.isFinal || current.validator.isComplete else {
                throw WebSocketError(1007, "a text that is not UTF-8")
            }
        }
        if frame.isFinal { return current.isText ? .text(current.bytes) : .binary(current.bytes) }
        message = current
        return nil
    }

    /// Uses a payload up and appends it, unmasked.
    private mutating func takePayload(of frame: WebSocketFrame, into bytes: inout [UInt8]) {
        buffer.withUnread { unread in
            let payload = unread.part(0..<frame.payloadCount)
            if let mask = frame.mask {
                WebSocketFrame.appendMasked(payload, with: mask, into: &bytes)
            } else {
                bytes.append(contentsOf: payload)
            }
        }
        buffer.consume(frame.payloadCount)
    }

    private mutating func takeClose(_ payload: [UInt8]) throws(WebSocketError) -> WebSocketEvent {
        guard payload.count != 1 else { throw WebSocketError(1002, "half a close code") }
        var code: UInt16?
        if payload.count >= 2 {
            let number = UInt16(payload[0]) << 8 | UInt16(payload[1])
            guard Self.maySendCode(number) else {
                throw WebSocketError(1002, "a close code that nobody may send")
            }
            code = number
        }
        let reason = Array(payload.dropFirst(2))
        guard UTF8Validator.isValid(reason) else {
            throw WebSocketError(1007, "a closing reason that is not UTF-8")
        }
        hasReceivedClose = true
        buffer.removeAll()
        message = nil
        return .close(code: code, reason: Text(reason))
    }

    /// The codes of RFC 6455, section 7.4, and of IANA's list that may go over the wire.
    private static func maySendCode(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
