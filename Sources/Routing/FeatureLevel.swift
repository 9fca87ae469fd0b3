import Wire

/// What the whole cluster does alike: which commands `apply` takes, what it does with them, and how
/// rows look. Replicated, raised by a command, never lowered.
///
/// A release knows every level up to `newest`. At a lower level it does what the releases of that
/// level did, to the byte: nodes of two releases stay equal until the level is raised.
public struct FeatureLevel: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number, from 1 on.
    public let rawValue: UInt32
    /// The level with this number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The level with this number.
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// What was before there were levels; who says nothing of levels knows this one.
    public static let first = FeatureLevel(1)
    /// The whole contract of routing.
    public static let second = FeatureLevel(2)
    /// The highest level that this release applies.
    public static let newest = FeatureLevel.second

    /// The level after this one.
    var next: FeatureLevel { FeatureLevel(rawValue + 1) }
    /// Order of the numbers.
    public static func < (a: FeatureLevel, b: FeatureLevel) -> Bool { a.rawValue < b.rawValue }
}

extension FeatureLevel: CustomStringConvertible {
    /// The number.
    public var description: String { "\(rawValue)" }
}

extension FeatureLevel: Coded {
    func encode(into writer: inout ByteWriter) { writer.put(rawValue) }
    init(from reader: inout ByteReader) throws(WireError) { self.init(try reader.take()) }
}

extension Command {
    /// The lowest level at which the command means something: a release that does not know the
    /// level can't read it, and `apply` refuses it until the cluster is there.
    public var level: FeatureLevel {
        switch self {
        // Raising is how a cluster gets there; at the first level already.
        case .raiseLevel(let to): max(to, .second)
        case .forceOffline, .createPool, .updatePool, .removePool, .takeOver, .bar, .resolveHours,
            .createToken, .revokeToken, .makeLink, .editLink:
            .second
        case .clicks(let clicks): clicks.haveFingerprints ? .second : .first
        case .renewLeases(_, _, let leases): leases.tellHiddenTimes ? .second : .first
        case .setMembers(_, _, let members, let successor):
            successor == nil && members.allSatisfy(\.tags.isEmpty) ? .first : .second
        case .updateAgent(_, let by, let change):
            change.handOver == nil && (by != nil || change.passwordHash == nil) ? .first : .second
        case .createProject(_, let settings), .updateProject(_, _, let settings):
            settings.more.isEmpty ? .first : .second
        case .createLink(_, let settings), .updateLink(_, _, let settings):
            settings.routes ? .second : .first
        case .update(let update):
            update.tellsOfClick || update.verdict != nil || update.extras != nil
                ? .second : .first
        case .finishSending(_, _, .failed(_, let unreachable)):
            unreachable == nil || unreachable == .blockedBot ? .first : .second
        case .addNote, .addRemark, .setTags, .setDeskBook, .tellURL, .pointWebhook,
            .setModeration, .moderatedReply, .refuseReply, .createHook, .updateHook, .removeHook,
            .pingHook, .passOverDelivery, .finishDeliveries, .moveSignIn, .eraseCustomer,
            .eraseSession, .finishErasure, .forgetClicks, .tellErased, .formattedReply, .answer,
            .revise, .reviseQueued, .replyWithFile, .forgetFiles, .finishSending(_, _, .sentFile):
            .second
        case .through(_, let command), .ifUnchanged(_, let command): max(command.level, .second)
        case .advance, .bootstrap, .createAgent, .signIn, .signOut, .closeConnections,
            .setAway, .reply, .claim, .transfer, .giveBack, .complete, .reopen,
            .beginEpoch, .startSending, .finishSending, .resend:
            .first
        }
    }

    /// Whether the command is taken at a level.
    public func isTaken(at level: FeatureLevel) -> Bool {
        if case .raiseLevel = self { return true }
        return self.level <= level
    }
}

extension RoutingState {
    /// Raises the level, one after the other, each with its migration. What is so already is done.
    mutating func raise(to target: FeatureLevel) -> Outcome {
        precondition(target <= .newest, "the replica stops before a level that it does not know")
        while level < target {
            level = level.next
            migrate()
            draft.scalars.note(.level)
        }
        return .done(id: Int64(level.rawValue))
    }

    /// What the level just reached needs from what is there. The work is bounded: rows of earlier
    /// levels are read for ever and written in the new form when they change next.
    private mutating func migrate() {
        guard level == .second else { return }
        beginOnlineTime()
        beginTimers()
    }

    /// Nothing but accounts: a cluster that nobody uses yet has nothing to migrate, and nobody who
    /// would want to go back.
    public var isUnused: Bool { rooms.isEmpty }
}
