import Routing
import Wire

/// The answers kept so that a request committed twice is done once: replicated, and pruned by
/// rules that depend on nothing but the entries.
///
/// A client is one process of a node. Its requests carry a sequence and the lowest sequence that
/// it still waits for; what is below is forgotten, and would be ignored if it came again.
struct AnswerTable: Sendable, Equatable {
    struct Client: Sendable, Equatable {
        /// Everything below is settled.
        var floor: UInt64
        /// When it was last seen, to about a minute, in log time.
        var seen: LogTime
        var answers: [UInt64: Outcome] = [:]

        /// The answered ones of a range, ascending, at the cost of the smaller of two searches.
        fileprivate func sequences(from old: UInt64, below floor: UInt64) -> [UInt64] {
            if answers.isEmpty { return [] }
            if floor - old <= UInt64(answers.count) {
                return (old..<floor).filter { answers[$0] != nil }
            }
            return answers.keys.filter { $0 < floor }.sorted()
        }
    }
    /// Bounds that are part of the replicated format: the same on every node.
    struct Limits: Sendable, Equatable {
        var clients = 1_024
        var answersPerClient = 65_536
        var idleMilliseconds: Int64 = 3_600_000
        /// How exact `seen` is: a row less per request.
        var seenMilliseconds: Int64 = 60_000
    }
    enum Verdict: Equatable {
        /// Never seen: do it, then `record`.
        case new
        /// Done before, with this answer.
        case answered(Outcome)
        /// Settled long ago: nobody waits for it.
        case stale
    }

    private(set) var clients: [UInt64: Client] = [:]
    /// No client was seen last before this.
    private var earliest = LogTime(milliseconds: .max)
    let limits: Limits

    init(limits: Limits = Limits()) { self.limits = limits }

    static func == (a: AnswerTable, b: AnswerTable) -> Bool {
        a.clients == b.clients && a.limits == b.limits
    }

    /// Looks a request up, and forgets what is settled.
    mutating func admit(
        client id: UInt64, sequence: UInt64, settledBelow: UInt64, time: LogTime,
        rows: inout [RowChange]
    ) -> Verdict {
        forgetIdle(at: time, rows: &rows)
        if clients[id] == nil {
            makeRoom(rows: &rows)
            clients[id] = Client(floor: settledBelow, seen: time)
            earliest = min(earliest, time)
            writeClient(id, &rows)
        } else {
            let known = clients[id]!
            let isOld = time >= known.seen.adding(milliseconds: limits.seenMilliseconds)
            if isOld { clients[id]!.seen = time }
            if settledBelow > known.floor {
                settle(id, below: settledBelow, &rows)
                writeClient(id, &rows)
            } else if isOld {
                writeClient(id, &rows)
            }
        }
        if sequence < clients[id]!.floor { return .stale }
        return clients[id]!.answers[sequence].map { .answered($0) } ?? .new
    }

    /// Keeps the answer of a request that was `new`.
    mutating func record(
        client id: UInt64, sequence: UInt64, _ outcome: Outcome, rows: inout [RowChange]
    ) {
        clients[id]?.answers[sequence] = outcome
        var writer = ByteWriter(capacity: 12)
        outcome.encode(into: &writer)
        rows.append(row(id, sequence, writer.bytes))
        guard let count = clients[id]?.answers.count, count > limits.answersPerClient,
            let lowest = clients[id]?.answers.keys.min()
        else { return }
        settle(id, below: lowest + 1, &rows)
        writeClient(id, &rows)
    }

    private mutating func settle(_ id: UInt64, below floor: UInt64, _ rows: inout [RowChange]) {
        let old = clients[id]!.floor
        clients[id]!.floor = floor
        let settled = clients[id]!.sequences(from: old, below: floor)
        for sequence in settled {
            clients[id]!.answers[sequence] = nil
            rows.append(row(id, sequence, nil))
        }
    }

    private mutating func forgetIdle(at time: LogTime, rows: inout [RowChange]) {
        guard !clients.isEmpty,
            time > earliest.adding(milliseconds: limits.idleMilliseconds)
        else { return }
        for id in clients.keys.sorted()
        where time > clients[id]!.seen.adding(milliseconds: limits.idleMilliseconds) {
            forget(id, &rows)
        }
        earliest = clients.values.map(\.seen).min() ?? LogTime(milliseconds: .max)
    }

    private mutating func makeRoom(rows: inout [RowChange]) {
        while clients.count >= max(1, limits.clients) {
            let oldest = clients.min { ($0.value.seen, $0.key) < ($1.value.seen, $1.key) }
            guard let oldest else { return }
            forget(oldest.key, &rows)
        }
    }

    private mutating func forget(_ id: UInt64, _ rows: inout [RowChange]) {
        guard let client = clients.removeValue(forKey: id) else { return }
        for sequence in client.answers.keys.sorted() { rows.append(row(id, sequence, nil)) }
        rows.append(row(id, 0, nil))
    }

    private func writeClient(_ id: UInt64, _ rows: inout [RowChange]) {
        guard let client = clients[id] else { return }
        var writer = ByteWriter(capacity: 20)
        writer.varint(client.floor)
        writer.zigzag(client.seen.milliseconds)
        rows.append(row(id, 0, writer.bytes))
    }

    private func row(_ id: UInt64, _ sequence: UInt64, _ value: [UInt8]?) -> RowChange {
        RowChange(
            table: .request, major: Int64(bitPattern: id), minor: Int64(bitPattern: sequence),
            value: value)
    }

    /// Takes a row of `RowTable.request` back; a client's own row, of sequence 0, comes first.
    mutating func load(major: Int64, minor: Int64, value: [UInt8]) throws(WireError) {
        let id = UInt64(bitPattern: major)
        let sequence = UInt64(bitPattern: minor)
        var reader = ByteReader(value)
        if sequence == 0 {
            let floor = try reader.varint()
            let seen = LogTime(milliseconds: try reader.zigzag())
            clients[id] = Client(floor: floor, seen: seen)
            earliest = min(earliest, seen)
        } else {
            guard clients[id] != nil else {
                throw WireError(.badValue("answer without its client"), offset: 0)
            }
            clients[id]!.answers[sequence] = try Outcome(from: &reader)
        }
        try reader.expectEnd()
    }

    func checkInvariants() {
        precondition(clients.count <= max(1, limits.clients))
        for client in clients.values {
            precondition(client.answers.count <= limits.answersPerClient)
            precondition(client.answers.keys.allSatisfy { $0 >= client.floor })
            precondition(client.seen >= earliest)
        }
    }
}
