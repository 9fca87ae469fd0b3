import Wire

/// What a what-if asks for: rules of one project, and limits of agents, that are other than they
/// were. What is nil stays as it was.
public struct RuleChanges: Hashable, Sendable {
    /// Limits of one agent; nil leaves one.
    public struct AgentLimits: Hashable, Sendable {
        /// Whose.
        public var agent: AgentID
        /// Open sessions over all projects; 0 is no limit.
        public var openLimit: UInt32?
        /// New sessions a minute over all projects; 0 is no limit.
        public var newPerMinute: UInt32?
        /// Limits of these parts.
        public init(agent: AgentID, openLimit: UInt32? = nil, newPerMinute: UInt32? = nil) {
            self.agent = agent
            self.openLimit = openLimit
            self.newPerMinute = newPerMinute
        }
    }
    /// How the next agent is chosen.
    public var mode: Mode?
    /// How *online first* chooses among candidates.
    public var balance: Balance?
    /// Whether a session may go to somebody who is not receiving when nobody is; `.some(nil)`: as
    /// the mode says.
    public var assignOffline: AssignOffline??
    /// Who of the list may be given sessions.
    public var scope: Scope?
    /// Seats; 0 is no limit.
    public var seats: UInt32?
    /// Limit of open sessions per agent in the project; 0 is none.
    public var openLimit: UInt32?
    /// Limit of new sessions a minute per agent in the project; 0 is none.
    public var newPerMinute: UInt32?
    /// The ordered list as a whole.
    public var members: [Member]?
    /// Limits of agents.
    public var agents: [AgentLimits] = []

    /// Nothing is changed.
    public init() {}

    /// Settings with the changes.
    func applied(to settings: ProjectSettings) -> ProjectSettings {
        var settings = settings
        if let mode { settings.mode = mode }
        if let balance { settings.balance = balance }
        if let assignOffline { settings.assignOffline = assignOffline }
        if let scope { settings.scope = scope }
        if let seats { settings.seats = seats == 0 ? nil : seats }
        if let openLimit { settings.openLimit = openLimit }
        if let newPerMinute { settings.newPerMinute = newPerMinute }
        return settings
    }

    /// The commands that bring the changes about in a state.
    func commands(for project: ProjectID, in state: RoutingState) -> [Command] {
        var commands: [Command] = []
        if let members { commands.append(.setMembers(project, by: nil, members)) }
        if let before = state.project(project)?.settings {
            let settings = applied(to: before)
            if settings != before { commands.append(.updateProject(project, by: nil, settings)) }
        }
        for limits in agents {
            var change = AgentChange()
            change.openLimit = limits.openLimit
            change.newPerMinute = limits.newPerMinute
            if change != AgentChange() {
                commands.append(.updateAgent(limits.agent, by: nil, change))
            }
        }
        return commands
    }

    /// A change of rules that is in the record, as far as it changes what is not asked about.
    func leaving(_ command: Command, of project: ProjectID) -> Command {
        switch command {
        case .updateProject(project, let by, let settings):
            return .updateProject(project, by: by, applied(to: settings))
        case .setMembers(project, _, _, _) where members != nil: return .advance
        case .updateAgent(let id, let by, var change):
            guard let limits = agents.first(where: { $0.agent == id }) else { return command }
            if limits.openLimit != nil { change.openLimit = nil }
            if limits.newPerMinute != nil { change.newPerMinute = nil }
            return .updateAgent(id, by: by, change)
        // What was seen of a session may be otherwise here. One whose condition did not hold is not
        // played, as below.
        case .bar(let user, let id, let by, let isBarred, _):
            return .bar(user, of: id, by: by, isBarred)
        // One whose condition did not hold is not played.
        case .ifUnchanged(_, let command): return leaving(command, of: project)
        default:  // Everything else changes no rule that can be asked about.
            return command
        }
    }
}
