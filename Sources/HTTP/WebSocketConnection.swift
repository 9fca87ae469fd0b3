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

    /// Which side this is.
    public let role: Role
    /// The bounds.
    public let limits: Limits

    /// A WebSocket whose handshake is done.
    public init(role: Role, limits: Limits = Limits()) {
        self.role = role
        self.limits = limits
    }

    /// Whether both close frames have passed: close the connection (the server first).
    public var isFinished: Bool { false }

    /// Takes bytes from the socket.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) {}
    /// Takes bytes from the socket.
    public mutating func receive(_ bytes: [UInt8]) { bytes.withUnsafeBytes { receive($0) } }

    /// The next whole message or control frame; nil when more bytes are needed, and always after a
    /// close frame.
    public mutating func next() throws(WebSocketError) -> WebSocketEvent? { nil }

    /// What the protocol wants answered to an event: a pong to a ping, a close to a close.
    public func reply(to event: WebSocketEvent) -> WebSocketEvent? { nil }

    /// Appends a message or a control frame. After a close frame nothing more is written.
    ///
    /// - Parameter mask: a client gives fresh random bits for each frame; a server gives none.
    public mutating func send(
        _ event: WebSocketEvent, mask: UInt32? = nil, into out: inout [UInt8]
    ) {}
}
