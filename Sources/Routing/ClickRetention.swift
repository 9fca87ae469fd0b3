import Wire

// Clicks are kept as long as their project says, and what visitors brought along goes with a
// customer who is erased. The link's numbers count on; what led to a session keeps its source.
extension ProjectSettings {
    /// The longest that clicks are kept, in days, where they are not kept for ever.
    public static let longestClickRetentionDays: UInt32 = 3660

    /// From when on clicks are kept at a moment; nil: all are.
    public func clicksKeptSince(at time: LogTime) -> LogTime? {
        guard clickRetentionDays > 0 else { return nil }
        return time.adding(milliseconds: -Int64(clickRetentionDays) * 86_400_000)
    }
}

extension RoutingState {
    /// From when on the clicks on a link are kept, at a moment; nil: all are.
    public func clicksKeptSince(on link: LinkID, at time: LogTime) -> LogTime? {
        guard let link = self.link(link), let project = project(link.settings.project) else {
            return nil
        }
        return project.settings.clicksKeptSince(at: time)
    }

    /// The session that a click's token opened first.
    public func session(startedBy click: ClickKey) -> SessionID? { started[click] }

    /// Clicks that a node found to be too old, or an erased customer's, without their visitors.
    /// Whether they are so is decided here: by log time, and by whose session they led to.
    mutating func forget(_ clicks: [Click]) -> Outcome {
        var count: Int64 = 0
        for click in clicks where click == click.withoutVisitor {
            let session = started[click.key].flatMap { sessions[$0] }
            let since = clicksKeptSince(on: click.link, at: now.time)
            let isTooOld = since.map { click.at < $0 } ?? false
            guard isTooOld || session?.isErased == true else { continue }
            count += 1
            draft.applied.write(
                .click, Int64(bitPattern: click.key.epoch), Int64(bitPattern: click.key.sequence),
                as: session == nil ? nil : click.encodedAsRow())
        }
        return .done(id: count)
    }
}

extension Command {
    /// A command of privacy, with its tag.
    func encodePrivacy(into writer: inout ByteWriter) {
        switch self {
        case .eraseCustomer(let user, let id, let by): writer.put(.eraseCustomer, user, id, by)
        case .eraseSession(let id, let session, let from, let items):
            writer.put(.eraseSession, id, session, from, items)
        case .finishErasure(let id): writer.put(.finishErasure, id)
        case .forgetClicks(let clicks): writer.put(.forgetClicks, clicks)
        case .tellErased(let node, let index): writer.put(.tellErased, node, index)
        default: preconditionFailure("no command of privacy")
        }
    }

    init(privacy tag: CommandTag, from r: inout ByteReader) throws(WireError) {
        switch tag {
        case .eraseCustomer: self = .eraseCustomer(try r.take(), of: try r.take(), by: try r.take())
        case .eraseSession:
            self = .eraseSession(try r.take(), try r.take(), from: try r.take(), try r.take())
        case .finishErasure: self = .finishErasure(try r.take())
        case .forgetClicks: self = .forgetClicks(try r.take())
        default: self = .tellErased(node: try r.take(), try r.take())
        }
    }
}

/// An item of a history within a command: its row's value.
extension HistoryItem: Coded {
    func encode(into writer: inout ByteWriter) { writer.blob(encoded()) }
    init(from reader: inout ByteReader) throws(WireError) {
        try self.init(value: reader.blob())
    }
}
