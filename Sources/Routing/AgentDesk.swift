import Wire

/// An agent with what routing keeps for them in memory.
struct AgentDesk: Equatable, Sendable {
    /// An open session of the agent; by project, then session.
    struct OpenSession: Hashable, Comparable, Sendable {
        var project: ProjectID
        var session: SessionID
        static func < (a: Self, b: Self) -> Bool {
            a.project != b.project ? a.project < b.project : a.session < b.session
        }
    }
    /// Open sessions in one project.
    struct OpenCount: Equatable, Sendable {
        var project: ProjectID
        var count: Int
    }
    /// The account.
    var account: Agent
    /// Open sessions.
    private(set) var open = OrderedSet<OpenSession>()
    /// Open sessions by project, ascending; none with 0.
    private(set) var openCounts: [OpenCount] = []
    /// Assignments of late.
    var load = Load()
    /// Living console connections, ascending by key.
    var connections: [Connection.Key] = []
    /// How many of them have a visible page.
    var visibleCount = 0
    /// When the last page became hidden; nil while one is visible or none is open.
    var hiddenSince: LogTime?
    /// Hashes of the cookies of living sign-ins, in order of sign-in.
    var signIns: [Text] = []
    /// Sessions that wait for a first reply, ascending by project.
    var watches: [ReplyWatch] = []
    /// Rooms of the projects whose member the agent is, ascending.
    var rooms: [Int] = []

    /// How many sessions are open in a project.
    func openCount(in project: ProjectID) -> Int {
        for entry in openCounts where entry.project == project { return entry.count }
        return 0
    }

    /// A session became the agent's.
    mutating func add(_ session: SessionID, of project: ProjectID) {
        let isNew = open.insert(OpenSession(project: project, session: session))
        precondition(isNew, "a session is given twice")
        let index = openCounts.firstIndex { $0.project >= project } ?? openCounts.count
        if index < openCounts.count, openCounts[index].project == project {
            openCounts[index].count += 1
        } else {
            openCounts.insert(OpenCount(project: project, count: 1), at: index)
        }
    }

    /// A session is the agent's no more.
    mutating func remove(_ session: SessionID, of project: ProjectID) {
        let wasThere = open.remove(OpenSession(project: project, session: session))
        precondition(wasThere, "a session is taken from an agent who does not have it")
        let index = openCounts.firstIndex { $0.project == project }!
        openCounts[index].count -= 1
        if openCounts[index].count == 0 { openCounts.remove(at: index) }
    }

    /// The first of the agent's open sessions in a project after one.
    func firstOpen(in project: ProjectID, after: SessionID) -> SessionID? {
        let next = SessionID(after.rawValue == .min ? .min : after.rawValue + 1)
        let from = OpenSession(project: project, session: next)
        guard let found = open.firstNotBefore(from), found.project == project else { return nil }
        return found.session
    }

    /// The presence reasons under a project's grace (nil: a hidden page counts forever), and since
    /// when the agent is not there.
    func absence(
        at time: LogTime, graceMilliseconds: Int64?
    ) -> (reasons: Reasons, since: LogTime?) {
        guard account.lastSignIn != nil else { return (.neverSignedIn, nil) }
        var reasons: Reasons = account.isAway ? .away : []
        if connections.isEmpty || signIns.isEmpty {
            reasons.insert(.offline)
            return (reasons, account.offlineSince)
        }
        if visibleCount == 0, let hiddenSince, let graceMilliseconds,
            hiddenSince.adding(milliseconds: graceMilliseconds) <= time
        {
            reasons.insert(.notReceiving)
            return (reasons, hiddenSince)
        }
        return (reasons, nil)
    }
}
