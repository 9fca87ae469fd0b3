import Raft
import Replica
import Routing
import Wire

/// Clients that name their requests by keys and repeat them at any node, after any answer or none:
/// each is done once, and every repetition is answered as the first.
final class KeyedRequests {
    private struct Asked {
        var key: RequestKey
        var command: Command
        /// The first answer of the state machine.
        var outcome: Outcome?
    }

    private let cluster: SimulatedCluster
    private var asked: [Asked] = []
    private(set) var violation: Violation?

    init(_ cluster: SimulatedCluster) { self.cluster = cluster }

    /// What a request of this number leaves behind: the text of an answer, or a login.
    private static func mark(_ number: Int) -> Text { Text("keyed\(number)") }

    /// A new request: an answer to a customer, or a new agent where there is no session.
    func ask(in owned: (session: Session, owner: AgentID)?) throws {
        let mark = Self.mark(asked.count)
        let number = UInt64(asked.count)
        let command: Command =
            if let owned {
                .reply(owned.session.id, by: owned.owner, text: mark)
            } else {
                .createAgent(by: nil, login: mark, name: mark, passwordHash: "x", isAdmin: false)
            }
        let key = RequestKey(high: number &* 0x9E37_79B9_7F4A_7C15, low: number, request: number)
        asked.append(Asked(key: key, command: command))
        try submit(asked.count - 1)
        // Some clients are impatient.
        if cluster.chance.happens(permille: 300) { try submit(asked.count - 1) }
    }

    /// A request comes again, rather one of the last.
    func askAgain() throws {
        guard !asked.isEmpty else { return }
        let first = max(0, asked.count - 20)
        try submit(Int(cluster.chance.number(Int64(first)...Int64(asked.count - 1))))
    }

    /// A key comes again with another request, which must not be done.
    func misuse() throws {
        guard let known = asked.last(where: { $0.outcome != nil }) else { return }
        var key = known.key
        key.request = ~key.request
        let command = Command.createAgent(
            by: nil, login: "misused", name: "misused", passwordHash: "x", isAdmin: false)
        _ = try cluster.submit(command, at: cluster.chance.pick(cluster.ids), key: key) {
            [self] answer in
            if case .applied(_, let outcome) = answer {
                if case .refused(.invalid) = outcome { return }
                violation = Violation("a key used for another request was answered by \(outcome)")
            }
        }
    }

    private func submit(_ number: Int) throws {
        let one = asked[number]
        _ = try cluster.submit(
            one.command, at: cluster.chance.pick(cluster.ids), key: one.key
        ) { [self] answer in
            guard case .applied(_, let outcome) = answer else { return }
            if let first = asked[number].outcome, first != outcome {
                violation = Violation(
                    "keyed request \(number) was answered by \(first), then by \(outcome)")
            }
            asked[number].outcome = outcome
        }
    }

    /// What is there when a run is over: texts of answers by how often, and logins.
    func check(texts: [Text: Int], has login: (Text) -> AgentID?) throws(Violation) {
        guard login("misused") == nil else { throw Violation("a misused key did something") }
        for number in asked.indices {
            let mark = Self.mark(number)
            let count =
                if case .reply = asked[number].command { texts[mark] ?? 0 } else {
                    login(mark) == nil ? 0 : 1
                }
            let allowed: ClosedRange<Int>
            switch asked[number].outcome {
            case .none: allowed = 0...1
            case .done: allowed = 1...1
            case .duplicate, .refused: allowed = 0...0
            }
            guard allowed.contains(count) else {
                throw Violation(
                    "keyed request \(number), answered by "
                        + "\(asked[number].outcome.map { "\($0)" } ?? "nothing"), was done "
                        + "\(count) times")
            }
        }
    }
}
