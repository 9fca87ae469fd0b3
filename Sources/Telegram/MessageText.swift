import Wire

/// The lengths of texts as Telegram counts them, and how a long one is cut.
public enum MessageText {
    /// The most code points in a message.
    public static let limit = 4096
    /// The most code points in a caption.
    public static let captionLimit = 1024

    /// How many code points a text has; each malformed byte counts as one.
    public static func codePoints(_ text: Text) -> Int {
        text.utf8.withUnsafeBufferPointer { bytes in
            var count = 0
            var index = 0
            while index < bytes.count {
                index += max(1, UTF8Form.length(at: index, in: bytes))
                count += 1
            }
            return count
        }
    }

    /// How many UTF-16 units a text has: entities count in these.
    public static func utf16Units(_ text: Text) -> Int {
        text.utf8.withUnsafeBufferPointer { bytes in
            var count = 0
            var index = 0
            while index < bytes.count {
                let length = max(1, UTF8Form.length(at: index, in: bytes))
                count += length == 4 ? 2 : 1
                index += length
            }
            return count
        }
    }

    /// The text in parts of at most `limit` code points, none of them blank.
    ///
    /// A part ends at the last line end of its second half, else at the last space there, else
    /// where it is full, but not within a joined emoji or before a combining mark. The white space
    /// at a cut is dropped, as Telegram would trim it.
    public static func split(_ text: Text, limit: Int = limit) -> [Text] {
        precondition(limit > 0)
        let points = starts(of: text)
        var parts: [Text] = []
        var first = 0
        while first < points.count - 1 {
            var end = min(first + limit, points.count - 1)
            if end < points.count - 1 { end = cut(text.utf8, points, first, end) }
            let part = trimmed(text.utf8[points[first]..<points[end]])
            if !part.isEmpty { parts.append(Text(Array(part))) }
            first = end
        }
        return parts
    }

    /// Where each code point starts, and where the last one ends.
    private static func starts(of text: Text) -> [Int] {
        text.utf8.withUnsafeBufferPointer { bytes in
            var starts: [Int] = []
            var index = 0
            while index < bytes.count {
                starts.append(index)
                index += max(1, UTF8Form.length(at: index, in: bytes))
            }
            return starts + [bytes.count]
        }
    }

    /// The number of the code point before which to cut, at most `end`.
    private static func cut(_ bytes: [UInt8], _ points: [Int], _ first: Int, _ end: Int) -> Int {
        let half = first + (end - first + 1) / 2
        for wanted in [UInt8(ascii: "\n"), UInt8(ascii: " ")] {
            var place = end
            while place >= half, place > first {
                if bytes[points[place]] == wanted { return place }
                place -= 1
            }
        }
        var place = end
        while place > half, belongsTogether(bytes, points, place) { place -= 1 }
        return belongsTogether(bytes, points, place) ? end : max(place, first + 1)
    }

    /// Whether a cut before this code point would tear apart what is shown as one.
    private static func belongsTogether(_ bytes: [UInt8], _ points: [Int], _ place: Int) -> Bool {
        let next = scalar(bytes[points[place]..<points[place + 1]])
        let previous = scalar(bytes[points[place - 1]..<points[place]])
        if previous == 0x200d { return true }
        switch next {
        case 0x200d, 0x0300...0x036f, 0x20d0...0x20ff, 0xfe00...0xfe0f, 0x1f3fb...0x1f3ff,
            0xe0020...0xe007f:
            return true
        case 0x1f1e6...0x1f1ff: return (0x1f1e6...0x1f1ff).contains(previous)
        default: return false
        }
    }

    /// The code point of a well-formed sequence.
    private static func scalar(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        guard let first = bytes.first, bytes.count > 1 else { return UInt32(bytes.first ?? 0) }
        let head = UInt32(first) & (0x7f >> UInt32(bytes.count))
        return bytes.dropFirst().reduce(head) { $0 << 6 | UInt32($1 & 0x3f) }
    }

    private static func trimmed(_ part: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var part = part.drop { $0 <= 0x20 }
        while let last = part.last, last <= 0x20 { part.removeLast() }
        return part
    }
}
