import Wire

/// Declares the shape shared by identifiers: the log index at which the thing was created.
public protocol Identifier: RawRepresentable, ShardKey, Comparable, Sendable,
    CustomStringConvertible
where RawValue == Int64 {
    /// The identifier with this number.
    init(_ rawValue: Int64)
}
extension Identifier {
    /// Order of the numbers, which is the order of creation.
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    /// The number.
    public var description: String { "\(rawValue)" }
    /// Its number.
    @inlinable public var shardBits: UInt64 { UInt64(bitPattern: rawValue) }
    /// Every number is an identifier.
    @inlinable public init(rawValue: Int64) { self.init(rawValue) }
}

/// A project: one bot with its routing rules.
public struct ProjectID: Identifier {
    /// The log index that created it.
    public let rawValue: Int64
    /// The project with this number.
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
}
/// An agent: a person with one account.
public struct AgentID: Identifier {
    /// The log index that created it.
    public let rawValue: Int64
    /// The agent with this number.
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
}
/// A session: one conversation of one Telegram user with one project.
public struct SessionID: Identifier {
    /// The log index that opened it.
    public let rawValue: Int64
    /// The session with this number.
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
}
/// A magic link.
public struct LinkID: Identifier {
    /// The log index that created it.
    public let rawValue: Int64
    /// The link with this number.
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
}
/// A message to a customer, in the outbox.
public struct OutboxID: Identifier {
    /// The log index that queued it.
    public let rawValue: Int64
    /// The message with this number.
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
}
/// A Telegram user or chat, in Telegram's own numbers.
public struct TelegramID: Identifier {
    /// Telegram's number.
    public let rawValue: Int64
    /// The user or chat with this number.
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
}

/// A moment of log time: milliseconds since 1970 by the log's own clock (never a node's).
public struct LogTime: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00Z.
    public var milliseconds: Int64
    /// The moment this many milliseconds after 1970.
    @inlinable public init(milliseconds: Int64) { self.milliseconds = milliseconds }
    /// Order in time.
    @inlinable public static func < (a: LogTime, b: LogTime) -> Bool {
        a.milliseconds < b.milliseconds
    }
    /// The moment this many milliseconds later.
    @inlinable public func adding(milliseconds more: Int64) -> LogTime {
        LogTime(milliseconds: milliseconds + more)
    }
}
