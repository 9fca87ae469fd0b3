/// Finds where lines end, eight bytes at a time, and that nothing forbidden lies before.
///
/// In a head the only control bytes are the tab and the CR LF that ends a line. Looking for the
/// first control byte therefore finds the end of the line and proves its bytes in one pass.
struct LineScanner: Sendable {
    /// Where the line being looked at starts.
    private(set) var lineStart = 0
    /// How far the search has come, so that no byte is looked at twice.
    private var searched = 0

    /// What a look for a line's end gave.
    enum Outcome: Equatable {
        /// The line without its CR LF.
        case line(Range<Int>)
        /// The end has not come yet.
        case incomplete
        /// The line or the lines so far reach past the limit.
        case tooLong
        /// A bare CR, a bare LF, NUL or another control byte.
        case forbidden
    }

    /// Looks for the end of the current line and moves on behind it. `bytes` always starts at the
    /// same place of the stream, and lines must end before `limit`.
    mutating func next(in bytes: UnsafeRawBufferPointer, limit: Int) -> Outcome {
        var index = searched
        let end = min(bytes.count, limit)
        while true {
            index = Self.firstControl(in: bytes, from: index, to: end)
            guard index < end else {
                searched = end
                return end == limit ? .tooLong : .incomplete
            }
            if bytes[index] == 0x09 {
                index += 1
                continue
            }
            guard bytes[index] == 0x0D else { return .forbidden }
            guard index + 1 < bytes.count else {
                searched = index
                return .incomplete
            }
            guard bytes[index + 1] == 0x0A else { return .forbidden }
            let line = lineStart..<index
            lineStart = index + 2
            searched = lineStart
            return .line(line)
        }
    }

    /// The first byte under 0x20 or equal to 0x7F, or `end`.
    private static func firstControl(
        in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int
    ) -> Int {
        var index = start
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while index + 8 <= end {
            let word = UInt64(
                littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            // A borrow can only leave a byte that is marked itself: the lowest mark is exact.
            let low = (word &- ones &* 0x20) & ~word
            let other = word ^ (ones &* 0x7F)
            let delete = (other &- ones) & ~other
            let marks = (low | delete) & highs
            if marks != 0 { return index + marks.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < end, bytes[index] >= 0x20, bytes[index] != 0x7F { index += 1 }
        return index
    }
}
