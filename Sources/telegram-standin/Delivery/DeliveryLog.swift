import Wire

/// What became of deliveries, for tests to look at.
struct DeliveryLog {
    /// One attempt to deliver one update.
    struct Attempt {
        let number: Int
        let update: Int64
        let queue: Int64
        /// 1 for the first attempt with this update.
        let attempt: Int
        let connection: Int
        /// When it was sent, in Telegram's seconds.
        let at: Double
        var endedAt: Double?
        var status: Int?
        var error: Text?
        /// The pause until the next attempt, when there is one.
        var retryIn: Double?
    }

    private(set) var attempts: [Attempt] = []
    private var firstNumber = 0
    private(set) var delivered = 0
    private(set) var failed = 0
    private(set) var dropped = 0

    /// Attempts kept; the oldest go first.
    static let limit = 10_000

    /// Notes that an attempt begins and gives its number.
    mutating func begin(
        update: Int64, queue: Int64, attempt: Int, connection: Int, at: Double
    ) -> Int {
        let number = firstNumber + attempts.count
        attempts.append(
            Attempt(
                number: number, update: update, queue: queue, attempt: attempt,
                connection: connection, at: at))
        if attempts.count > Self.limit {
            let excess = Self.limit / 10
            attempts.removeFirst(excess)
            firstNumber += excess
        }
        return number
    }

    /// Notes how an attempt ended.
    mutating func end(
        _ number: Int, at: Double, status: Int?, error: Text?, retryIn: Double?
    ) {
        if error == nil { delivered += 1 } else { failed += 1 }
        let index = number - firstNumber
        guard attempts.indices.contains(index) else { return }
        attempts[index].endedAt = at
        attempts[index].status = status
        attempts[index].error = error
        attempts[index].retryIn = retryIn
    }

    /// Notes that an update was given up.
    mutating func drop() { dropped += 1 }

    /// The attempts from a number on.
    func json(from number: Int, limit: Int) -> JSONValue {
        .array(
            attempts.drop { $0.number < number }.prefix(limit).map { attempt in
                var members: [JSONValue.Member] = [
                    .init("number", .int(Int64(attempt.number))),
                    .init("update_id", .int(attempt.update)),
                    .init("queue", .int(attempt.queue)),
                    .init("attempt", .int(Int64(attempt.attempt))),
                    .init("connection", .int(Int64(attempt.connection))),
                    .init("at", Self.seconds(attempt.at)),
                ]
                if let end = attempt.endedAt {
                    members.append(.init("ended_at", Self.seconds(end)))
                }
                if let status = attempt.status {
                    members.append(.init("status", .int(Int64(status))))
                }
                if let error = attempt.error { members.append(.init("error", .text(error))) }
                if let pause = attempt.retryIn {
                    members.append(.init("retry_in", Self.seconds(pause)))
                }
                return .object(members)
            })
    }

    private static func seconds(_ value: Double) -> JSONValue { .number(Text("\(value)")) }
}
