import Raft
import Routing
import Wire

/// Who saw a session before it changed hands, besides those who see all of a project: what a list
/// showed to them stands on their pages until they are told that it is gone, at whichever node and
/// over whichever connection they read it.
struct SightWatch {
    /// Who sees a session by the permission *reply* alone.
    enum Audience: Hashable {
        /// Whoever may answer: it waits. Also where nobody knows who it was.
        case everyone
        /// Whose it is, or was last.
        case one(AgentID)
        /// Nobody ever had it.
        case nobody

        /// That of a session as it is.
        init(of session: Session) {
            switch session.state {
            case .unassigned: self = .everyone
            case .assigned: self = session.owner.map(Audience.one) ?? .nobody
            case .completed: self = session.lastOwner.map(Audience.one) ?? .nobody
            }
        }

        /// Whether an agent belongs to it who may answer.
        func has(_ agent: AgentID) -> Bool { self == .everyone || self == .one(agent) }
    }
    /// A session that is no more for whom it was.
    struct Departure: Hashable {
        var index: LogIndex
        var session: SessionID
        var from: Audience
    }

    /// Open sessions that changed since the first look. In shards: a dictionary that grows holds
    /// the loop up.
    private var audiences = ShardedDictionary<SessionID, Audience>()
    /// In order.
    private var departures: [Departure] = []

    /// Looks at sessions that changed, once for each turn: nothing can be read in between. Gives
    /// those that are no more for whom they were.
    mutating func look(
        at events: [(index: LogIndex, event: Event)], in state: RoutingState
    ) -> [Departure] {
        var found: [Departure] = []
        for (index, event) in events {
            guard case .sessionChanged(let id) = event, let session = state.session(id) else {
                continue
            }
            let now = Audience(of: session)
            // A session is named by the entry that opened it: nobody saw it before.
            let isNew = index.rawValue == UInt64(bitPattern: id.rawValue)
            let before = audiences[id] ?? (isNew ? now : .everyone)
            audiences[id] = session.state == .completed ? nil : now
            guard before != now else { continue }
            found.append(Departure(index: index, session: id, from: before))
        }
        departures += found
        return found
    }

    /// The departures after an index, as far as they are remembered.
    func departures(after index: LogIndex) -> [Departure] {
        departures.reversed().prefix { $0.index > index }
    }

    /// Nobody asks about what happened up to an index any more.
    mutating func forget(through index: LogIndex) {
        departures.removeAll { $0.index <= index }
    }
}
