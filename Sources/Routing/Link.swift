import Wire

/// A magic link, as the console shows it.
public struct Link: Hashable, Sendable {
    /// The log index that created it.
    public let id: LinkID
    /// When it was created.
    public let createdAt: LogTime
    /// Code, name, target.
    public internal(set) var settings: LinkSettings
    /// Clicks by people.
    public internal(set) var humanClicks: UInt64 = 0
    /// Clicks by HEAD requests, prefetches and preview bots.
    public internal(set) var otherClicks: UInt64 = 0
    /// Tokens of this link that came back with a `/start`, each counted once.
    public internal(set) var starts: UInt64 = 0
    /// What it does with a click.
    public internal(set) var terms = LinkTerms()
    /// Counts changes of settings and terms; who edits says which one they saw.
    public internal(set) var version: UInt64 = 1

    /// Whether clicks on it may lead to a project's bot, as it is now.
    public func leads(to project: ProjectID) -> Bool {
        settings.project == project || terms.rules.contains { $0.project == project }
    }
}

/// A link that led a customer here.
public struct Touch: Hashable, Sendable {
    /// How the token came.
    public enum Via: UInt8, Hashable, Sendable, CaseIterable {
        /// The first user with this token: the click is theirs.
        case own = 0
        /// Another user had the token before: no click data, outside the funnel.
        case shared = 1
        /// The token is of another project's link: kept, without effect.
        case foreignToken = 2
    }
    /// Which link.
    public var link: LinkID
    /// Which click.
    public var key: ClickKey
    /// When it was clicked, by the token.
    public var clickedAt: LogTime
    /// When the token came back.
    public var startedAt: LogTime
    /// How it came.
    public var via: Via
    /// The click's row has not arrived yet.
    public var isPending: Bool
}
