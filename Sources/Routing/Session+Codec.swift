import Wire

extension Session {
    /// Which optional fields follow, one bit each.
    private struct Fields: OptionSet {
        let rawValue: UInt8
        static let owner = Fields(rawValue: 1)
        static let lastOwner = Fields(rawValue: 2)
        static let assignedAt = Fields(rawValue: 4)
        static let completedAt = Fields(rawValue: 8)
        static let last = Fields(rawValue: 16)
        static let decision = Fields(rawValue: 32)
        static let answered = Fields(rawValue: 64)
        static let blocked = Fields(rawValue: 128)
    }

    private var fields: Fields {
        var fields: Fields = []
        if owner != nil { fields.insert(.owner) }
        // An owner is the last owner as well, and not written twice.
        if owner == nil, lastOwner != nil { fields.insert(.lastOwner) }
        if assignedAt != nil { fields.insert(.assignedAt) }
        if completedAt != nil { fields.insert(.completedAt) }
        if last != nil { fields.insert(.last) }
        if decisionOrdinal != nil { fields.insert(.decision) }
        if isAnswered { fields.insert(.answered) }
        if isBlocked { fields.insert(.blocked) }
        return fields
    }

    /// The row's value. Times are written as distances from the opening.
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 208)
        let fields = fields
        writer.u8(fields.rawValue)
        let more = more
        let delivery = deliveryMarks
        writer.u8(state.rawValue | latest, isLonger: !more.isEmpty)
        writer.put(project)
        writer.put(user)
        writer.text(name)
        writer.text(username)
        writer.text(language)
        writer.varint(version)
        writer.put(openedAt)
        writer.zigzag(place.milliseconds &- openedAt.milliseconds)
        writer.put(unread)
        writer.zigzag(historyCount)
        if let owner = owner ?? lastOwner { writer.put(owner) }
        if let assignedAt { writer.zigzag(assignedAt.milliseconds &- openedAt.milliseconds) }
        if let completedAt { writer.zigzag(completedAt.milliseconds &- openedAt.milliseconds) }
        if let decisionOrdinal { writer.zigzag(decisionOrdinal) }
        if let last {
            writer.put(last.from)
            writer.zigzag(last.at.milliseconds &- openedAt.milliseconds)
            writer.text(last.kind)
            writer.text(last.text)
        }
        writer.varint(UInt64(exclusions.count))
        for exclusion in exclusions {
            writer.put(exclusion.agent)
            writer.put(exclusion.until)
        }
        writer.put(touches)
        if !more.isEmpty { encode(more, into: &writer) }
        if let earlier { writer.put(earlier) }
        if let moving { writer.put(moving) }
        if asides != Flood() { writer.put(asides) }
        if delivery != 0 { writer.u8(delivery) }
        return writer.bytes
    }

    /// Beside the state: `earlier`, `moving` and `asides` follow. From the second level on.
    private static let earlierBit: UInt8 = 4
    private static let movingBit: UInt8 = 8
    private static let asidesBit: UInt8 = 16

    /// Which of them follow.
    private var latest: UInt8 {
        var bits: UInt8 = 0
        if earlier != nil { bits |= Session.earlierBit }
        if moving != nil { bits |= Session.movingBit }
        if asides != Flood() { bits |= Session.asidesBit }
        if deliveryMarks != 0 { bits |= Session.deliveryBit }
        return bits
    }

    /// Beside the state: a byte follows of how messages fare. From the second level on.
    private static let deliveryBit: UInt8 = 32
    /// In that byte, beside the number of `unreachable`: nobody has told the customer that they
    /// wait.
    private static let untoldBit: UInt8 = 0x80

    /// How messages fare, where it is more than `Fields.blocked` says.
    private var deliveryMarks: UInt8 {
        let reach = isBlocked ? 0 : unreachable?.rawValue ?? 0
        return reach | (isUntold ? Session.untoldBit : 0)
    }

    private mutating func takeDeliveryMarks(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let marks = try reader.u8()
        isUntold = marks & Session.untoldBit != 0
        let number = marks & ~Session.untoldBit
        if number != 0 {
            guard !isBlocked, let reach = Unreachable(rawValue: number), reach != .blockedBot
            else { throw reader.unknown(number, at: start) }
            unreachable = reach
        }
        guard marks != 0 else { throw WireError(.badValue("session"), offset: start) }
    }

    /// Which fields of the second level follow.
    private struct More: OptionSet {
        let rawValue: UInt8
        static let pool = More(rawValue: 1)
        static let prefer = More(rawValue: 2)
        static let language = More(rawValue: 4)
        static let replyDue = More(rawValue: 8)
        static let moves = More(rawValue: 16)
        static let alerted = More(rawValue: 32)
        static let byHand = More(rawValue: 64)
        static let flood = More(rawValue: 128)
    }

    private var more: More {
        var more: More = []
        if pool != nil { more.insert(.pool) }
        if !prefer.isEmpty { more.insert(.prefer) }
        if !fixedLanguage.isEmpty { more.insert(.language) }
        if replyDue != nil { more.insert(.replyDue) }
        if moves > 0 { more.insert(.moves) }
        if isAlerted { more.insert(.alerted) }
        if isByHand { more.insert(.byHand) }
        if flood != Flood() { more.insert(.flood) }
        return more
    }

    private func encode(_ more: More, into writer: inout ByteWriter) {
        writer.u8(more.rawValue)
        if let pool { writer.put(pool) }
        if more.contains(.prefer) { writer.put(prefer) }
        if more.contains(.language) { writer.text(fixedLanguage) }
        if let replyDue { writer.zigzag(replyDue) }
        if more.contains(.moves) { writer.put(moves) }
        if more.contains(.flood) { writer.put(flood) }
    }

    private mutating func takeMore(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let found = More(rawValue: try reader.u8())
        if found.contains(.pool) { pool = try PoolID(from: &reader) }
        if found.contains(.prefer) { prefer = try reader.take() }
        if found.contains(.language) { fixedLanguage = try reader.text() }
        if found.contains(.replyDue) { replyDue = try reader.zigzag() }
        if found.contains(.moves) { moves = try reader.take() }
        if found.contains(.flood) { flood = try reader.take() }
        isAlerted = found.contains(.alerted)
        isByHand = found.contains(.byHand)
        guard found == more, !found.isEmpty else {
            throw WireError(.badValue("session"), offset: start)
        }
    }

    /// The session of a row.
    init(id: SessionID, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        let fields = Fields(rawValue: try reader.u8())
        let start = reader.offset
        let (number, isLonger) = try reader.u8OrLonger()
        let bits =
            Session.earlierBit | Session.movingBit | Session.asidesBit | Session.deliveryBit
        guard let state = State(rawValue: number & ~bits) else {
            throw reader.unknown(number, at: start)
        }
        let project: ProjectID = try reader.take()
        let user: TelegramID = try reader.take()
        let name = try reader.text()
        let username = try reader.text()
        let language = try reader.text()
        let version = try reader.varint()
        let openedAt: LogTime = try reader.take()
        func later(_ distance: Int64) -> LogTime {
            LogTime(milliseconds: openedAt.milliseconds &+ distance)
        }
        self.init(
            id: id, project: project, user: user, name: name, username: username,
            language: language, openedAt: openedAt, place: later(try reader.zigzag()))
        self.state = state
        self.version = version
        unread = try reader.take()
        historyCount = try reader.zigzag()
        isAnswered = fields.contains(.answered)
        if fields.contains(.blocked) { unreachable = .blockedBot }
        if !fields.isDisjoint(with: [.owner, .lastOwner]) {
            lastOwner = try AgentID(from: &reader)
        }
        if fields.contains(.owner) { owner = lastOwner }
        if fields.contains(.assignedAt) { assignedAt = later(try reader.zigzag()) }
        if fields.contains(.completedAt) { completedAt = later(try reader.zigzag()) }
        if fields.contains(.decision) { decisionOrdinal = try reader.zigzag() }
        if fields.contains(.last) {
            let from: Side = try reader.takeCase()
            let at = later(try reader.zigzag())
            let kind = try reader.text()
            last = Preview(text: try reader.text(), kind: kind, at: at, from: from)
        }
        for _ in 0..<(try reader.count(limit: Exclusion.limit)) {
            exclusions.append(Exclusion(agent: try reader.take(), until: try reader.take()))
        }
        touches = try reader.take()
        if isLonger { try takeMore(from: &reader) }
        if number & Session.earlierBit != 0 { earlier = try EarlierTouches(from: &reader) }
        if number & Session.movingBit != 0 { moving = try MovingPlace(from: &reader) }
        if number & Session.asidesBit != 0 { asides = try reader.take() }
        if number & Session.deliveryBit != 0 { try takeDeliveryMarks(from: &reader) }
        try reader.expectEnd()
    }
}
