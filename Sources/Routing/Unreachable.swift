import Wire

/// Why Telegram delivers nothing to a customer, as the last failed message told.
public enum Unreachable: UInt8, Hashable, Sendable, CaseIterable {
    /// The customer has blocked the bot.
    case blockedBot = 1
    /// The customer's account is gone.
    case deactivated = 2
    /// The customer has never started this bot, or there is no such chat.
    case chatNotFound = 3
    /// Telegram lets the bot not write there for another reason.
    case notAllowed = 4

    /// Whether nothing that the desk does helps, only the customer: such a session does not wait.
    public var isFinal: Bool {
        switch self {
        case .blockedBot, .deactivated: true
        case .chatNotFound, .notAllowed: false
        }
    }
}

extension Unreachable: Coded {
    func encode(into writer: inout ByteWriter) { writer.u8(rawValue) }
    init(from reader: inout ByteReader) throws(WireError) { self = try reader.takeCase() }
}

extension RoutingState {
    /// Notes on a session whether its customer can be reached.
    mutating func mark(_ unreachable: Unreachable?, on session: inout Session, in slot: Int) {
        guard session.unreachable != unreachable else { return }
        let wasBlocked = session.isBlocked
        session.unreachable = unreachable
        if session.isOutOfReach, session.state == .unassigned {
            dequeue(&session, in: slot)
            close(&session, in: slot)
        }
        switch unreachable {
        case .blockedBot: record(.blocked(true), in: &session)
        case .deactivated?, .chatNotFound?, .notAllowed?:
            record(.unreachable(unreachable!), in: &session)
        case nil: if wasBlocked { record(.blocked(false), in: &session) }
        }
    }

    /// A message arrived: what only the desk or Telegram stood against is over. A block may have
    /// come after the message.
    mutating func noteArrival(in id: SessionID) {
        guard var session = sessions[id], let unreachable = session.unreachable,
            !unreachable.isFinal
        else { return }
        session.unreachable = nil
        store(session)
    }
}
