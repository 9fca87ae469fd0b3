import Wire

/// A person with one account, as the console shows it.
public struct Agent: Hashable, Sendable {
    /// The log index that created it.
    public let id: AgentID
    /// What is typed at sign-in.
    public internal(set) var login: Text
    /// Display name.
    public internal(set) var name: Text
    /// Encoded scrypt hash.
    public internal(set) var passwordHash: Text
    /// Whether the agent administers the whole installation.
    public internal(set) var isAdmin: Bool
    /// A deactivated agent is given nothing and can't sign in.
    public internal(set) var isActive = true
    /// Open sessions over all projects; 0 is no limit.
    public internal(set) var openLimit: UInt32 = Agent.defaultOpenLimit
    /// New sessions a minute over all projects; 0 is no limit.
    public internal(set) var newPerMinute: UInt32 = Agent.defaultNewPerMinute
    /// Declared availability: the agent said that they take nothing now.
    public internal(set) var isAway = false
    /// The last sign-in; nil before the first.
    public internal(set) var lastSignIn: LogTime?
    /// When the last console connection went; nil while one lives, and before the first.
    public internal(set) var offlineSince: LogTime?
    /// Since when they are online; nil while they are not, and before the second level.
    public internal(set) var onlineSince: LogTime?
    /// How long they were online before that, in milliseconds.
    public internal(set) var onlineMilliseconds: Int64 = 0

    /// Open sessions of a new account.
    public static let defaultOpenLimit: UInt32 = 20
    /// New sessions a minute of a new account.
    public static let defaultNewPerMinute: UInt32 = 6
}

/// A browser that signed in.
public struct SignIn: Hashable, Sendable {
    /// The log index of the sign-in; unique for the agent.
    public let id: Int64
    /// Whose.
    public let agent: AgentID
    /// SHA-256 of the cookie.
    public let tokenHash: [UInt8]
    /// When.
    public let at: LogTime
    /// When it was last used, as far as the log knows.
    public internal(set) var lastUsed: LogTime
    /// It ends after this long without use; an open console counts as use.
    public let idleMilliseconds: Int64
    /// It ends here in any case.
    public let endsAt: LogTime

    /// When it ends if nothing more happens.
    public var expires: LogTime {
        min(endsAt, lastUsed.adding(milliseconds: idleMilliseconds))
    }
}
