import Routing

/// How far those got who came by a link: each step counts the tokens that got there at least.
///
/// A token is counted once, in the session that it came back to first, as `Link.starts` counts it,
/// and gets as far as that session got: two tokens in one session are two starts, and a token that
/// its user presses again in a later session is no further one.
struct LinkFunnel: Hashable, Sendable {
    /// Tokens that came back with `/start`, each with its first user.
    var starts = 0
    /// Those in sessions that an agent had.
    var assigned = 0
    /// Those in sessions in which an agent wrote; what a project sends by itself is no reply.
    var firstReplies = 0
    /// Those in sessions that are completed.
    var completed = 0

    /// Takes so many tokens of a session, with what happened in it.
    mutating func take(_ tokens: Int, in session: Session, _ history: [HistoryItem]) {
        starts += tokens
        guard session.assignedAt != nil else { return }
        assigned += tokens
        let isAnswered = history.contains { item in
            if case .outbound(let outbound) = item.what {
                outbound.agent != .automatic
            } else {
                false
            }
        }
        guard isAnswered else { return }
        firstReplies += tokens
        if session.state == .completed { completed += tokens }
    }

    /// Adds another link's.
    static func += (sum: inout LinkFunnel, other: LinkFunnel) {
        sum.starts += other.starts
        sum.assigned += other.assigned
        sum.firstReplies += other.firstReplies
        sum.completed += other.completed
    }
}
