import HTTP
import Routing
import Wire

/// Lists page by page: `next` of a page is the `cursor` of the one behind it.
extension APICall {
    /// Most things on a page of what administrators configure, and how many without `limit`.
    static let maxThings = 1000

    /// The number behind which a page begins.
    var idCursor: Int64? {
        get throws(Problem) {
            guard let text = parameter("cursor") else { return nil }
            guard let number = Int64(text), number > 0 else { throw .badCursor }
            return number
        }
    }

    /// The place behind which a page of a list in order of time begins.
    var placeCursor: QueuePlace? {
        get throws(Problem) {
            guard let text = parameter("cursor") else { return nil }
            let parts = text.split(separator: "-").map { Int64($0) }
            guard parts.count == 2, let since = parts[0], let session = parts[1] else {
                throw .badCursor
            }
            return QueuePlace(
                since: LogTime(milliseconds: since), session: SessionID(session))
        }
    }

    /// Answers with a page of things that stand in the order of their ids.
    func respondPage<Thing>(
        _ things: [Thing], id: (Thing) -> Int64, view: (Thing) -> some Encodable
    ) throws(Problem) {
        let limit = try number("limit", default: APICall.maxThings, in: 1...APICall.maxThings)
        let after = try idCursor ?? 0
        let rest = things.drop { id($0) <= after }
        let shown = rest.prefix(limit)
        let next = rest.count > limit ? shown.last.map { "\(id($0))" } : nil
        respond(API.Page(index: "\(node.appliedIndex)", items: shown.map(view), next: next))
    }
}

extension Problem {
    fileprivate static let badCursor = Problem.invalid(
        "The parameter cursor is not the next of a page of this list.")
}
