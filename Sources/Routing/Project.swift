import Wire

/// One bot with its routing rules, as the console shows it.
public struct Project: Hashable, Sendable {
    /// The log index that created it.
    public let id: ProjectID
    /// When it was created.
    public let createdAt: LogTime
    /// The rules and the bot.
    public internal(set) var settings: ProjectSettings
    /// The ordered list: whose turn follows whose.
    public internal(set) var members: [Member]
    /// Counts the changes of settings and members; decisions name it.
    public internal(set) var rosterVersion: UInt64

    /// The policy in force: the stated one, or the mode's default.
    public var assignOffline: AssignOffline {
        if let stated = settings.assignOffline { return stated }
        switch settings.mode {
        case .roundRobin: return .never
        case .onlineFirst: return .after(milliseconds: 0)
        }
    }

    /// The agent's place in the list.
    public func member(_ agent: AgentID) -> Member? {
        members.first { $0.agent == agent }
    }
}
