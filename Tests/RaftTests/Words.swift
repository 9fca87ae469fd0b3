@testable import Raft

/// The words of a story's command, one after the other.
struct Words {
    private var rest: ArraySlice<Substring>

    init(_ line: String) { rest = line.split(separator: " ")[...] }

    /// Messages of one direction: from somebody or anybody, to somebody or anybody.
    struct Way {
        var from: NodeID?
        var to: NodeID?
        func fits(_ message: Message) -> Bool {
            (from == nil || from == message.from) && (to == nil || to == message.to)
        }
    }

    mutating func optional() -> String? { rest.popFirst().map(String.init) }

    mutating func next() throws -> String {
        guard let word = optional() else { throw Story.Mistake(description: "a word is missing") }
        return word
    }

    mutating func skip(_ word: String) -> Bool {
        guard rest.first.map(String.init) == word else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number() throws -> UInt64 {
        let word = try next()
        guard let number = UInt64(word) else {
            throw Story.Mistake(description: "\(word) is no number")
        }
        return number
    }

    mutating func node() throws -> NodeID { NodeID(try number()) }

    /// `1-2`.
    mutating func pair() throws -> (NodeID, NodeID) {
        let ends = try next().split(separator: "-").compactMap { UInt64($0) }
        guard ends.count == 2 else { throw Story.Mistake(description: "between whom?") }
        return (NodeID(ends[0]), NodeID(ends[1]))
    }

    /// `1->2`, `1->`, `->2`, or nothing for all.
    mutating func way() throws -> Way? {
        guard let word = optional() else { return nil }
        let ends = word.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends[1].hasPrefix(">") else {
            throw Story.Mistake(description: "from whom to whom?")
        }
        return Way(
            from: UInt64(ends[0]).map { NodeID($0) },
            to: UInt64(ends[1].dropFirst()).map { NodeID($0) })
    }
}
