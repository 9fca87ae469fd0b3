import Wire

/// Something configured that one command replaces as a whole. Its *version* is the log index of
/// its last change: that of the command that made it, until somebody changes it.
public struct Setting: Hashable, Comparable, Sendable {
    /// The sorts of them.
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// A project's rules, hours and timers.
        case project = 1
        /// A project's ordered list of members.
        case members = 2
        /// What a project's desk says and files by.
        case desk = 3
        /// What a project does not want said.
        case moderation = 4
        /// A named pool.
        case pool = 5
        /// A magic link.
        case link = 6
        /// An agent's account.
        case agent = 7
    }
    /// Which sort.
    public let kind: Kind
    /// The number of the project, pool, link or agent.
    public let number: Int64

    /// A setting of a sort.
    public init(_ kind: Kind, of id: some Identifier) {
        self.kind = kind
        number = id.rawValue
    }
    private init(_ kind: Kind, number: Int64) {
        self.kind = kind
        self.number = number
    }

    /// The setting of a row's key.
    init(major: Int64, minor: Int64) throws(WireError) {
        guard let kind = UInt8(exactly: minor).flatMap(Kind.init) else {
            throw WireError(.unknownTag(UInt64(bitPattern: minor)), offset: 0)
        }
        self.init(kind, number: major)
    }

    /// By number, then sort, as their rows.
    public static func < (a: Setting, b: Setting) -> Bool {
        a.number != b.number ? a.number < b.number : a.kind.rawValue < b.kind.rawValue
    }
}

extension Command {
    /// What is there before the command and is otherwise afterwards; nil: nothing with a version.
    public var setting: Setting? {
        switch self {
        case .updateProject(let id, _, _): Setting(.project, of: id)
        case .setMembers(let id, _, _, _): Setting(.members, of: id)
        case .setDeskBook(let id, _, _): Setting(.desk, of: id)
        case .setModeration(let id, _, _): Setting(.moderation, of: id)
        case .updatePool(let id, _, _), .removePool(let id, _): Setting(.pool, of: id)
        case .updateLink(let id, _, _), .editLink(let id, _, _, _, _): Setting(.link, of: id)
        case .updateAgent(let id, _, _): Setting(.agent, of: id)
        case .through(_, let command), .ifUnchanged(_, let command): command.setting
        default: nil  // What makes a thing has nothing before it; the rest configures nothing.
        }
    }

    /// Whether a version of its setting can be asked for before it: once, and inside a token's.
    var mayBeConditional: Bool {
        switch self {
        case .through, .ifUnchanged: false
        default: setting != nil
        }
    }

    /// What is not a command on a setting, and what has a condition already, is not read.
    init(ifUnchangedFrom r: inout ByteReader) throws(WireError) {
        let since: UInt64 = try r.take()
        let refusal = WireError(.badValue("command with a condition"), offset: r.offset)
        // Looked at before it is read: nothing nests deeper than once.
        var ahead = r
        let tag = try ahead.u8()
        guard tag != CommandTag.ifUnchanged.rawValue, tag != CommandTag.through.rawValue else {
            throw refusal
        }
        let command = try Command(from: &r)
        guard command.mayBeConditional else { throw refusal }
        self = .ifUnchanged(since: since, command)
    }
}

extension RoutingState {
    /// The log index of a setting's last change. Counted from the second feature level on; before
    /// it nobody may rely on one.
    public func version(of setting: Setting) -> UInt64? {
        guard level >= .second else { return nil }
        return UInt64(clamping: settingVersions[setting] ?? setting.number)
    }

    /// Who changed a setting last, and when; nil: the audit log has no line of it, or no longer.
    public func lastChange(of setting: Setting) -> (by: AgentID?, at: LogTime)? {
        version(of: setting).flatMap { trail.change(at: Int64(clamping: $0)) }
    }

    /// Does a command on a setting that is still as its sender saw it.
    mutating func perform(_ command: Command, ifUnchangedSince seen: UInt64) -> Outcome {
        guard command.mayBeConditional, let setting = command.setting,
            let version = version(of: setting)
        else { return .refused(.invalid("condition")) }
        guard version == seen else {
            return .refused(.versionConflict(owner: nil, version: version))
        }
        return perform(command)
    }

    /// A command was done: its setting is of this entry, also if it says what was there. The
    /// routing journal, which keeps no names, must come to the same versions.
    mutating func noteChange(by command: Command) {
        guard let setting = command.setting else { return }
        let isGone = setting.kind == .pool && pool(PoolID(setting.number)) == nil
        settingVersions[setting] = isGone ? nil : now.index
        draft.applied.write(
            .settingVersion, setting.number, Int64(setting.kind.rawValue),
            as: isGone ? nil : now.index.encodedAlone())
    }
}
