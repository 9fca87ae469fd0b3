import Wire

/// Numbers seen before, as disjoint intervals that never touch; each remembers its last use.
///
/// Telegram counts updates upwards but starts anew at random after a quiet week, and neighbours
/// arrive out of order over many connections: a highest number would be wrong, a set of all of
/// them large. Intervals unused for `lifetime`, and the longest unused beyond `capacity`, are
/// forgotten, by log time alone, so that every node forgets the same.
struct SeenIntervals: Equatable, Sendable {
    /// A run of seen numbers.
    struct Interval: Hashable, Sendable {
        var first: Int64
        var last: Int64
        var lastUse: LogTime
    }
    /// What an insertion did to the stored rows, whose key is `first`.
    struct Change: Equatable {
        /// Whether the number was there already.
        var isDuplicate: Bool
        /// The interval to write.
        var written: Interval
        /// Keys of the rows to delete.
        var deleted: [Int64] = []
    }

    /// Ascending.
    private(set) var intervals: [Interval] = []
    /// How long an interval is kept after its last use.
    let lifetimeMilliseconds: Int64
    /// How many intervals are kept.
    let capacity: Int

    /// Nothing seen.
    init(lifetimeMilliseconds: Int64, capacity: Int) {
        self.lifetimeMilliseconds = lifetimeMilliseconds
        self.capacity = capacity
    }

    /// Whether the number was seen.
    func contains(_ number: Int64) -> Bool {
        let after = firstIndex(after: number)
        return after > 0 && intervals[after - 1].last >= number
    }

    /// Adds a number, or renews the interval that has it; what is too old counts no more and goes
    /// first, whatever the number is.
    mutating func insertFresh(_ number: Int64, at time: LogTime) -> Change {
        let stale = forget(at: time)
        var change = insert(number, at: time)
        change.deleted = stale + change.deleted
        return change
    }

    /// Adds a number, or renews the interval that has it, however old that is: as everything was
    /// added at the first feature level. Something is forgotten only when a new interval is made.
    mutating func insert(_ number: Int64, at time: LogTime) -> Change {
        let after = firstIndex(after: number)
        let before = after - 1
        if before >= 0, intervals[before].last >= number {
            intervals[before].lastUse = time
            return Change(isDuplicate: true, written: intervals[before])
        }
        let joinsBefore = before >= 0 && intervals[before].last == number - 1
        let joinsAfter = after < intervals.count && intervals[after].first == number + 1
        if joinsBefore {
            intervals[before].lastUse = time
            guard joinsAfter else {
                intervals[before].last = number
                return Change(isDuplicate: false, written: intervals[before])
            }
            let absorbed = intervals.remove(at: after)
            intervals[before].last = absorbed.last
            return Change(
                isDuplicate: false, written: intervals[before], deleted: [absorbed.first])
        }
        if joinsAfter {
            intervals[after].first = number
            intervals[after].lastUse = time
            return Change(isDuplicate: false, written: intervals[after], deleted: [number + 1])
        }
        let new = Interval(first: number, last: number, lastUse: time)
        intervals.insert(new, at: after)
        return Change(isDuplicate: false, written: new, deleted: forget(at: time, keeping: number))
    }

    /// Takes back a stored interval; they come in ascending order.
    mutating func load(_ interval: Interval) { intervals.append(interval) }

    /// Drops what is too old; gives the keys of its rows.
    private mutating func forget(at time: LogTime) -> [Int64] {
        let horizon = time.adding(milliseconds: -lifetimeMilliseconds)
        guard intervals.contains(where: { $0.lastUse < horizon }) else { return [] }
        let dropped = intervals.filter { $0.lastUse < horizon }.map(\.first)
        intervals.removeAll { $0.lastUse < horizon }
        return dropped
    }

    /// Drops what is too old or too much; never the interval that begins with `keeping`.
    private mutating func forget(at time: LogTime, keeping: Int64) -> [Int64] {
        var dropped = forget(at: time)
        while intervals.count > capacity {
            var oldest = 0
            for index in intervals.indices where intervals[index].first != keeping {
                let isOlder = intervals[index].lastUse < intervals[oldest].lastUse
                if isOlder || intervals[oldest].first == keeping { oldest = index }
            }
            dropped.append(intervals.remove(at: oldest).first)
        }
        return dropped
    }

    /// The index of the first interval that begins after the number.
    private func firstIndex(after number: Int64) -> Int {
        var low = 0
        var high = intervals.count
        while low < high {
            let middle = (low + high) / 2
            if intervals[middle].first <= number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension SeenIntervals.Interval {
    /// The row's value: `first` is in the key.
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 12)
        writer.varint(UInt64(bitPattern: last &- first))
        writer.put(lastUse)
        return writer.bytes
    }

    /// The interval of a row.
    init(first: Int64, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        let length = Int64(bitPattern: try reader.varint())
        self.init(first: first, last: first &+ length, lastUse: try reader.take())
        try reader.expectEnd()
    }
}
