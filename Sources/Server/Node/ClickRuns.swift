import Routing
import Wire

/// Clicks cut into runs that an entry of the log can hold.
enum ClickRuns {
    /// The command that carries these clicks, encoded.
    static func body(of clicks: [Click]) -> [UInt8] {
        var writer = ByteWriter(capacity: 256 * clicks.count)
        Command.clicks(clicks).encode(into: &writer)
        return writer.bytes
    }

    /// The clicks in their order, in runs whose commands have at most so many bytes. A click that
    /// is longer alone is a run of its own.
    static func split(
        _ clicks: [Click], maxBytes: Int
    ) -> [(clicks: [Click], body: [UInt8])] {
        guard !clicks.isEmpty else { return [] }
        let body = body(of: clicks)
        guard body.count > maxBytes, let (first, second) = halves(clicks) else {
            return [(clicks, body)]
        }
        return split(first, maxBytes: maxBytes) + split(second, maxBytes: maxBytes)
    }

    /// Two runs of as many clicks, or nearly; nil for what can't be cut.
    static func halves(_ clicks: [Click]) -> (first: [Click], second: [Click])? {
        guard clicks.count > 1 else { return nil }
        let middle = clicks.count / 2
        return (Array(clicks[..<middle]), Array(clicks[middle...]))
    }
}
