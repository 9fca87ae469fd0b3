import Wire

extension HistoryItem {
    /// The value of the item's row.
    public func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 160)
        writer.put(index)
        writer.put(at)
        writer.put(decision)
        writer.put(what)
        return writer.bytes
    }

    /// The item of a history row.
    public init(value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        index = try reader.take()
        at = try reader.take()
        decision = try reader.take()
        what = try reader.take()
        try reader.expectEnd()
    }
}

/// Kinds of history items in rows. A number is never used for another meaning.
private enum HistoryTag: UInt8 {
    case inbound = 1
    case outbound = 2
    case edited = 3
    case callback = 4
    case assigned = 5
    case claimed = 6
    case transferred = 7
    case gaveBack = 8
    case requeued = 9
    case completed = 10
    case reopened = 11
    case blocked = 12
    case rerouted = 13
    case alerted = 14
    case autoCompleted = 15
    case tookOver = 16
    case handedOver = 17
    case barred = 18
    case flooded = 19
    case inboundWithExtras = 50
    case editedWithEntities = 51
    case outboundWithMore = 52
    case revised = 53
    case rewritten = 54
    case noted = 60
    case remarked = 61
    case tagged = 62
    case moderated = 63
    case outboundWithFile = 70
    case inboundWithMore = 71
    case editedWithMore = 72
    case outboundInReply = 73
    case unreachable = 80
}

extension ByteWriter {
    fileprivate mutating func put<each Field: Coded>(_ tag: HistoryTag, _ field: repeat each Field)
    {
        u8(tag.rawValue)
        repeat put(each field)
    }
}

extension HistoryItem.What: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .inbound(let message) where message.extras.hasMore:
            writer.put(.inboundWithMore, message, WholeExtras(message.extras))
        case .inbound(let message) where !message.extras.isEmpty:
            writer.put(.inboundWithExtras, message, message.extras)
        case .inbound(let message): writer.put(.inbound, message)
        case .outbound(let message) where message.file != nil:
            writer.put(
                .outboundWithFile, message, message.entities, message.changedAt, message.file!)
        case .outbound(let message) where message.replyTo != nil:
            writer.put(
                .outboundInReply, message, message.entities, message.changedAt, message.replyTo!)
        case .outbound(let message) where message.hasMore:
            writer.put(.outboundWithMore, message, message.entities, message.changedAt)
        case .outbound(let message): writer.put(.outbound, message)
        case .revised(let message, let ordinal, let isDeletion):
            writer.put(.revised, message, message.entities, ordinal, isDeletion)
        case .rewritten(let agent, let ordinal, let text, let entities):
            writer.put(.rewritten, agent, ordinal, text, entities)
        case .edited(let edited) where !edited.isText:
            writer.put(
                .editedWithMore, edited.messageID, edited.text, edited.kind, edited.fileID,
                WholeExtras(edited.extras))
        case .edited(let edited) where !edited.extras.entities.isEmpty:
            writer.put(
                .editedWithEntities, edited.messageID, edited.text, edited.extras.entities)
        case .edited(let edited): writer.put(.edited, edited.messageID, edited.text)
        case .callback(let data): writer.put(.callback, data)
        case .assigned: writer.put(.assigned)
        case .claimed(let agent, let isOverride): writer.put(.claimed, agent, isOverride)
        case .transferred(let from, let to, let by, let remark):
            writer.put(.transferred, from, to, by, remark)
        case .gaveBack(let agent): writer.put(.gaveBack, agent)
        case .requeued(let agent): writer.put(.requeued, agent)
        case .rerouted(let agent, let why):
            writer.put(.rerouted, agent)
            writer.put(why)
        case .alerted(let agent): writer.put(.alerted, agent)
        case .autoCompleted: writer.put(.autoCompleted)
        case .tookOver(let from, let by): writer.put(.tookOver, from, by)
        case .handedOver(let from, let to): writer.put(.handedOver, from, to)
        case .barred(let by, let isBarred): writer.put(.barred, by, isBarred)
        case .flooded: writer.put(.flooded)
        case .completed(let agent): writer.put(.completed, agent)
        case .reopened(let agent): writer.put(.reopened, agent)
        case .blocked(let isBlocked): writer.put(.blocked, isBlocked)
        case .unreachable(let why): writer.put(.unreachable, why)
        case .noted(let agent): writer.put(.noted, agent)
        case .remarked(let agent, let text): writer.put(.remarked, agent, text)
        case .tagged(let agent, let added, let removed):
            writer.put(.tagged, agent, added, removed)
        case .moderated(let agent, let verdict): writer.put(.moderated, agent, verdict)
        }
    }

    init(from r: inout ByteReader) throws(WireError) {
        let tag: HistoryTag = try r.takeCase()
        switch tag {
        case .inbound, .inboundWithExtras, .inboundWithMore, .outbound, .outboundWithMore,
            .outboundWithFile, .outboundInReply, .edited, .editedWithEntities, .editedWithMore:
            self = try Self(message: tag, from: &r)
        case .revised:
            var message: HistoryItem.Outbound = try r.take()
            message.entities = try r.take()
            self = .revised(message, of: try r.take(), isDeletion: try r.take())
        case .rewritten:
            self = .rewritten(
                by: try r.take(), of: try r.take(), text: try r.take(), entities: try r.take())
        case .callback: self = .callback(data: try r.take())
        case .assigned: self = .assigned
        case .claimed: self = .claimed(try r.take(), isOverride: try r.take())
        case .transferred:
            self = .transferred(
                from: try r.take(), to: try r.take(), by: try r.take(), remark: try r.take())
        case .gaveBack: self = .gaveBack(try r.take())
        case .requeued: self = .requeued(from: try r.take())
        case .rerouted: self = .rerouted(from: try r.take(), because: try r.takeCase())
        case .alerted: self = .alerted(noReplyFrom: try r.take())
        case .autoCompleted: self = .autoCompleted
        case .tookOver: self = .tookOver(from: try r.take(), by: try r.take())
        case .handedOver: self = .handedOver(from: try r.take(), to: try r.take())
        case .barred: self = .barred(by: try r.take(), try r.take())
        case .flooded: self = .flooded
        case .completed: self = .completed(by: try r.take())
        case .reopened: self = .reopened(by: try r.take())
        case .blocked: self = .blocked(try r.take())
        case .unreachable: self = .unreachable(try r.take())
        case .noted: self = .noted(by: try r.take())
        case .remarked: self = .remarked(by: try r.take(), text: try r.take())
        case .tagged:
            self = .tagged(by: try r.take(), added: try r.take(), removed: try r.take())
        case .moderated: self = .moderated(by: try r.take(), try r.take())
        }
    }
}

extension HistoryItem.What {
    /// The rest of a message, or of a customer's change of one, after its tag.
    fileprivate init(message tag: HistoryTag, from r: inout ByteReader) throws(WireError) {
        switch tag {
        case .inbound: self = .inbound(try r.take())
        case .inboundWithExtras:
            var message: HistoryItem.Inbound = try r.take()
            message.extras = try r.take()
            self = .inbound(message)
        case .inboundWithMore:
            var message: HistoryItem.Inbound = try r.take()
            message.extras = try WholeExtras(from: &r).extras
            self = .inbound(message)
        case .outbound: self = .outbound(try r.take())
        case .outboundWithMore:
            var message: HistoryItem.Outbound = try r.take()
            message.entities = try r.take()
            message.changedAt = try r.take()
            self = .outbound(message)
        case .outboundWithFile:
            var message: HistoryItem.Outbound = try r.take()
            message.entities = try r.take()
            message.changedAt = try r.take()
            message.file = try OutboundFile(from: &r)
            self = .outbound(message)
        case .outboundInReply:
            var message: HistoryItem.Outbound = try r.take()
            message.entities = try r.take()
            message.changedAt = try r.take()
            message.replyTo = try Int64(from: &r)
            self = .outbound(message)
        case .edited:
            self = .edited(HistoryItem.Edited(messageID: try r.take(), text: try r.take()))
        case .editedWithEntities:
            var edited = HistoryItem.Edited(messageID: try r.take(), text: try r.take())
            edited.extras.entities = try r.take()
            self = .edited(edited)
        case .editedWithMore:
            self = .edited(
                HistoryItem.Edited(
                    messageID: try r.take(), text: try r.take(), kind: try r.take(),
                    fileID: try r.take(), extras: try WholeExtras(from: &r).extras))
        default: preconditionFailure("no message")
        }
    }
}

extension HistoryItem.Inbound: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(opening)
        writer.zigzag(messageID)
        writer.text(kind)
        writer.text(text)
        writer.text(fileID)
        writer.put(touch)
        writer.text(payload)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            opening: try reader.takeCase(), messageID: try reader.take(),
            kind: try reader.take(), text: try reader.take(), fileID: try reader.take(),
            touch: try reader.take(), payload: try reader.take())
    }
}

extension HistoryItem.Edited {
    /// Whether it is a text, with a look at most.
    fileprivate var isText: Bool {
        kind == "text" && fileID.isEmpty && extras.attachment.isEmpty && !extras.hasMore
    }
}

extension HistoryItem.Outbound {
    /// Whether it has what the first level does not know.
    fileprivate var hasMore: Bool { !entities.isEmpty || changedAt != nil }
}

extension HistoryItem.Outbound: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(agent)
        writer.text(text)
        writer.put(outbox)
        writer.put(state)
        writer.put(attempts)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            agent: try reader.take(), text: try reader.take(), outbox: try reader.take(),
            state: try reader.take(), attempts: try reader.take())
    }
}

extension Click {
    /// The click of a click row.
    public init(value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        try self.init(from: &reader)
        if !reader.isAtEnd { fingerprint = try reader.u64() }
        try reader.expectEnd()
    }

    /// The click's row.
    func encodedAsRow() -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        writer.put(self)
        if fingerprint != 0 { writer.u64(fingerprint) }
        return writer.bytes
    }
}

/// A click in a list of clicks that have fingerprints.
struct FingerprintedClick: Coded {
    var click: Click
    init(_ click: Click) { self.click = click }
    func encode(into writer: inout ByteWriter) {
        writer.put(click)
        writer.u64(click.fingerprint)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        click = try reader.take()
        click.fingerprint = try reader.u64()
    }
}

extension [Click] {
    /// Whether any has a fingerprint, which the first level can't say.
    var haveFingerprints: Bool { contains { $0.fingerprint != 0 } }
}
