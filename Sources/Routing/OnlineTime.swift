import Wire

// How long each agent was online: signed in, with a console open somewhere, whatever its page
// shows. Counted from the second level on, in the agent's row, which changes at these moments
// anyway.
extension RoutingState {
    /// The agent came online or went.
    mutating func countOnlineTime(of desk: Int) {
        guard level >= .second else { return }
        if desks[desk].isOnline {
            desks[desk].account.onlineSince = now.time
        } else if let since = desks[desk].account.onlineSince {
            desks[desk].account.onlineMilliseconds += now.time.milliseconds - since.milliseconds
            desks[desk].account.onlineSince = nil
            guard since < now.time else { return }
            draft.applied.write(
                .onlineSpan, desks[desk].account.id.rawValue, since.milliseconds,
                as: OnlineSpan(from: since, to: now.time).encoded())
        }
    }

    /// The level at which it is counted was just reached: for who is online it begins now.
    mutating func beginOnlineTime() {
        for desk in desks.indices where desks[desk].isOnline {
            desks[desk].account.onlineSince = now.time
            draft.desks.note(desk)
        }
    }
}

extension Agent {
    /// How long the agent was online, up to a moment, in milliseconds.
    public func onlineMilliseconds(at time: LogTime) -> Int64 {
        guard let onlineSince else { return onlineMilliseconds }
        return onlineMilliseconds + max(0, time.milliseconds - onlineSince.milliseconds)
    }
}

/// A span of time in which an agent was online without a break.
public struct OnlineSpan: Hashable, Sendable {
    /// When they came; with the agent, the row's key.
    public let from: LogTime
    /// When they went.
    public let to: LogTime

    /// A span of these moments.
    public init(from: LogTime, to: LogTime) {
        self.from = from
        self.to = to
    }

    /// The span of a row.
    public init(from milliseconds: Int64, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        from = LogTime(milliseconds: milliseconds)
        to = from.adding(milliseconds: Int64(clamping: try reader.varint()))
        try reader.expectEnd()
    }

    /// The row's value: how long it was.
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 8)
        writer.varint(UInt64(to.milliseconds - from.milliseconds))
        return writer.bytes
    }

    /// How much of it is in a span, in milliseconds.
    public func milliseconds(in span: Range<LogTime>) -> Int64 {
        let first = max(from, span.lowerBound)
        let end = min(to, span.upperBound)
        return first < end ? end.milliseconds - first.milliseconds : 0
    }
}
