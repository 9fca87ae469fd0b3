/// Bytes that arrived and are not used up yet, contiguous in one array.
///
/// Using bytes up only moves `start`; the rest moves to the front when new bytes come, so each byte
/// moves at most once for every doubling of the array, and mostly never.
struct ReceiveBuffer: Sendable {
    private var bytes: [UInt8] = []
    private var start = 0

    /// Storage past this size is given back when the buffer runs empty.
    private static let keptCapacity = 16 << 10

    /// How many bytes wait.
    var count: Int { bytes.count - start }
    var isEmpty: Bool { start == bytes.count }

    mutating func append(_ new: UnsafeRawBufferPointer) {
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: true)
            start = 0
        } else if start > 0, start >= count || bytes.count + new.count > bytes.capacity {
            bytes.removeSubrange(0..<start)
            start = 0
        }
        bytes.append(contentsOf: new)
    }

    /// Uses up the first bytes.
    mutating func consume(_ count: Int) {
        precondition(count <= self.count, "only bytes that came can be used up")
        start += count
        if start == bytes.count, bytes.capacity > Self.keptCapacity {
            bytes = []
            start = 0
        }
    }

    /// Uses up the first bytes and gives them. Many bytes with nothing behind them are given as
    /// they lie here: without a copy.
    mutating func take(_ count: Int) -> [UInt8] {
        precondition(count <= self.count, "only bytes that came can be taken")
        if count == self.count, count > Self.keptCapacity {
            if start > 0 { bytes.removeSubrange(0..<start) }
            start = 0
            var taken: [UInt8] = []
            swap(&taken, &bytes)
            return taken
        }
        defer { consume(count) }
        return Array(bytes[start..<start + count])
    }

    /// Makes room for so many bytes in all, so that they move no more while they come.
    mutating func reserve(_ count: Int) {
        if start > 0 { bytes.removeSubrange(0..<start) }
        start = 0
        bytes.reserveCapacity(count)
    }

    /// Forgets everything.
    mutating func removeAll() {
        bytes = []
        start = 0
    }

    /// Calls `body` with the bytes that wait.
    @inline(__always)
    func withUnread<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withUnsafeBufferPointer { (all) throws(Failure) -> Result in
            try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[start...])))
        }
    }
}
