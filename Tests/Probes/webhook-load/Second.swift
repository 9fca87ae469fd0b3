import Wire

/// What became of the webhooks that were due in one second.
struct Second {
    /// A webhook's fate.
    enum Outcome {
        /// A success.
        case acknowledged
        /// An answer that is none; Telegram would send it again.
        case refused
        /// No answer: the connection ended.
        case broken
    }

    private var acknowledged: Int64 = 0
    private var refused: Int64 = 0
    private var broken: Int64 = 0
    /// Times of the acknowledged ones, counted in buckets some 1.6 % wide: 64 for each doubling of
    /// microseconds.
    private var times: [Int: Int64] = [:]

    /// Counts one.
    mutating func count(_ outcome: Outcome, nanoseconds: Int64) {
        switch outcome {
        case .acknowledged:
            acknowledged += 1
            times[Second.bucket(of: max(0, nanoseconds) / 1_000), default: 0] += 1
        case .refused: refused += 1
        case .broken: broken += 1
        }
    }

    /// Small numbers are their own bucket; else the doubling and the six bits after the first.
    private static func bucket(of microseconds: Int64) -> Int {
        guard microseconds >= 64 else { return Int(microseconds) }
        let shift = 63 - microseconds.leadingZeroBitCount - 6
        return shift * 64 + Int(microseconds >> Int64(shift))
    }

    /// A line of JSON; `times` has pairs of bucket and count.
    func line(number: Int) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.field("second", Int64(number))
        json.field("acknowledged", acknowledged)
        json.field("refused", refused)
        json.field("broken", broken)
        json.key("times")
        json.beginArray()
        for (bucket, count) in times.sorted(by: { $0.key < $1.key }) {
            json.beginArray()
            json.int(bucket)
            json.int(count)
            json.endArray()
        }
        json.endArray()
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }
}
