import Dispatch
import Glibc
import Synchronization
import Wire

/// How much the node says.
public enum LogLevel: Int, Comparable, Sendable, CaseIterable {
    /// What only somebody looking for a fault wants.
    case debug
    /// What an operator wants to have seen.
    case info
    /// What an operator should look at.
    case warning
    /// What an operator must look at.
    case error

    /// The name in the configuration and in the log.
    public var name: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }
    /// The level of this name.
    public init?(name: String) {
        guard let level = LogLevel.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }
    /// Order of gravity.
    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
}

/// A field's value in a log line.
public enum LogValue: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByStringInterpolation
{
    /// A text.
    case text(String)
    /// A whole number.
    case number(Int64)
    /// A truth value.
    case flag(Bool)

    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A whole number.
    public init(integerLiteral value: Int64) { self = .number(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .flag(value) }
    /// A count.
    static func count(_ value: some BinaryInteger) -> LogValue { .number(Int64(clamping: value)) }
}

/// Structured log: one JSON object a line on standard error.
///
/// Lines are written by a queue of their own, so that a full pipe never stops the node; past
/// `maxQueuedLines` they are dropped, and the number dropped is said with the next line.
public final class Log: Sendable {
    /// Lines waiting to be written before further ones are dropped.
    public static let maxQueuedLines = 10_000

    private let queue = DispatchQueue(label: "roundhouse.log")
    private let queued = Atomic<Int>(0)
    private let dropped = Atomic<Int>(0)
    private let threshold: Atomic<Int>
    private let node: UInt64

    /// A log of this node from this level up.
    public init(node: UInt64, level: LogLevel) {
        self.node = node
        threshold = Atomic(level.rawValue)
    }

    /// Changes the level from now on.
    public func setLevel(_ level: LogLevel) { threshold.store(level.rawValue, ordering: .relaxed) }

    /// Says what only a searcher wants.
    public func debug(_ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
        write(.debug, message, fields)
    }
    /// Says what an operator wants to have seen.
    public func info(_ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
        write(.info, message, fields)
    }
    /// Says what an operator should look at.
    public func warning(_ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
        write(.warning, message, fields)
    }
    /// Says what an operator must look at.
    public func error(_ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
        write(.error, message, fields)
    }
    /// Waits until everything said so far is written: for the last words of a process.
    public func flush() { queue.sync {} }

    private func write(
        _ level: LogLevel, _ message: String, _ fields: KeyValuePairs<String, LogValue>
    ) {
        guard level.rawValue >= threshold.load(ordering: .relaxed) else { return }
        guard queued.wrappingAdd(1, ordering: .relaxed).newValue <= Log.maxQueuedLines else {
            queued.wrappingSubtract(1, ordering: .relaxed)
            dropped.wrappingAdd(1, ordering: .relaxed)
            return
        }
        let time = WallClock.now()
        var list: [(String, LogValue)] = []
        for (key, value) in fields { list.append((key, value)) }
        let lost = dropped.exchange(0, ordering: .relaxed)
        if lost > 0 { list.append(("droppedLines", .number(Int64(lost)))) }
        queue.async { [list] in
            self.emit(level, message, list, at: time)
            self.queued.wrappingSubtract(1, ordering: .relaxed)
        }
    }

    private func emit(
        _ level: LogLevel, _ message: String, _ fields: [(String, LogValue)], at time: Int64
    ) {
        var line = JSONWriter()
        line.beginObject()
        line.field("time", RFC3339.text(milliseconds: time))
        line.field("level", level.name)
        line.field("node", node)
        line.field("message", message)
        for (key, value) in fields {
            line.key(text: Text(key))
            switch value {
            case .text(let text): line.text(text)
            case .number(let number): line.int(number)
            case .flag(let flag): line.bool(flag)
            }
        }
        line.endObject()
        line.bytes.append(0x0A)
        line.bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let written = Glibc.write(
                    STDERR_FILENO, buffer.baseAddress! + offset, buffer.count - offset)
                // A closed standard error leaves nowhere to complain to.
                if written < 0 && errno != EINTR { return }
                if written > 0 { offset += written }
            }
        }
    }
}
