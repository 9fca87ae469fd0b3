import Wire

extension AgentChange: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.u8(name == nil ? 0 : 1, isLonger: handOver != nil)
        if let name { writer.text(name) }
        writer.put(passwordHash)
        writer.put(isAdmin)
        writer.put(isActive)
        writer.put(openLimit)
        writer.put(newPerMinute)
        if let handOver { writer.put(handOver) }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init()
        let start = reader.offset
        let (hasName, isLonger) = try reader.u8OrLonger()
        guard hasName < 2 else { throw reader.unknown(hasName, at: start) }
        if hasName == 1 { name = try reader.text() }
        passwordHash = try reader.take()
        isAdmin = try reader.take()
        isActive = try reader.take()
        openLimit = try reader.take()
        newPerMinute = try reader.take()
        if isLonger { handOver = try AgentID(from: &reader) }
    }
}

extension Member: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(agent)
        writer.u8(permissions.rawValue, isLonger: !tags.isEmpty)
        writer.bool(isInScope)
        if !tags.isEmpty { writer.put(tags) }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let agent: AgentID = try reader.take()
        let (permissions, isLonger) = try reader.u8OrLonger()
        self.init(
            agent: agent, permissions: Permissions(rawValue: permissions),
            isInScope: try reader.bool())
        guard isLonger else { return }
        let start = reader.offset
        tags = try reader.take()
        if tags.isEmpty { throw WireError(.badValue("tags"), offset: start) }
    }
}

extension AssignOffline: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .never: writer.u8(0)
        case .after(let milliseconds):
            writer.u8(1)
            writer.zigzag(milliseconds)
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let tag = try reader.u8()
        switch tag {
        case 0: self = .never
        case 1: self = .after(milliseconds: try reader.zigzag())
        default: throw reader.unknown(tag, at: start)
        }
    }
}

extension ProjectSettings: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.text(name)
        writer.text(botUsername)
        writer.blob(sealedToken)
        writer.blob(sealedSecret)
        writer.u8(mode.rawValue, isLonger: !more.isEmpty)
        writer.put(balance)
        writer.put(assignOffline)
        writer.put(scope)
        writer.put(seats)
        writer.put(claim)
        writer.bool(claimOnly)
        writer.put(openLimit)
        writer.put(newPerMinute)
        writer.put(hiddenGraceMilliseconds)
        writer.zigzag(reopenMilliseconds)
        if !more.isEmpty { encode(more, into: &writer) }
    }

    /// Which fields of the second level follow: those that are not as by default.
    struct More: OptionSet {
        let rawValue: UInt8
        static let timers = More(rawValue: 1)
        static let hours = More(rawValue: 2)
        static let messages = More(rawValue: 4)
        static let clickRetention = More(rawValue: 16)
    }

    /// What has something to say that the first level does not know.
    var more: More {
        var more: More = []
        if timers != Timers() { more.insert(.timers) }
        if hours != nil { more.insert(.hours) }
        if messagesPerMinute > 0 { more.insert(.messages) }
        if clickRetentionDays > 0 { more.insert(.clickRetention) }
        return more
    }

    private func encode(_ more: More, into writer: inout ByteWriter) {
        writer.u8(more.rawValue)
        if more.contains(.timers) { writer.put(timers) }
        if let hours { writer.put(hours) }
        if more.contains(.messages) { writer.put(messagesPerMinute) }
        if more.contains(.clickRetention) { writer.put(clickRetentionDays) }
    }

    private mutating func takeMore(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let found = More(rawValue: try reader.u8())
        if found.contains(.timers) { timers = try reader.take() }
        if found.contains(.hours) { hours = try Hours(from: &reader) }
        if found.contains(.messages) { messagesPerMinute = try reader.take() }
        if found.contains(.clickRetention) { clickRetentionDays = try reader.take() }
        guard found == more, !found.isEmpty else {
            throw WireError(.badValue("settings"), offset: start)
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            name: try reader.text(), botUsername: try reader.text(),
            sealedToken: try reader.blob(), sealedSecret: try reader.blob())
        let start = reader.offset
        let (number, isLonger) = try reader.u8OrLonger()
        guard let mode = Mode(rawValue: number) else { throw reader.unknown(number, at: start) }
        self.mode = mode
        balance = try reader.takeCase()
        assignOffline = try reader.take()
        scope = try reader.takeCase()
        seats = try reader.take()
        claim = try reader.takeCase()
        claimOnly = try reader.bool()
        openLimit = try reader.take()
        newPerMinute = try reader.take()
        hiddenGraceMilliseconds = try reader.take()
        reopenMilliseconds = try reader.zigzag()
        if isLonger { try takeMore(from: &reader) }
    }
}

extension LinkSettings: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.text(code)
        writer.text(name)
        writer.put(project)
        writer.bool(isEnabled)
        writer.put(expires)
        writer.u8(opensApp ? 1 : 0, isLonger: routes)
        guard routes else { return }
        writer.put(pool)
        writer.put(prefer)
        writer.text(language)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            code: try reader.text(), name: try reader.text(), project: try reader.take(),
            isEnabled: try reader.bool(), expires: try reader.take())
        let start = reader.offset
        let (way, isLonger) = try reader.u8OrLonger()
        guard way < 2 else { throw reader.unknown(way, at: start) }
        opensApp = way == 1
        guard isLonger else { return }
        pool = try reader.take()
        prefer = try reader.take()
        language = try reader.text()
        guard routes else { throw WireError(.badValue("link"), offset: start) }
    }

    /// Whether it says anything about who is given its sessions.
    var routes: Bool { pool != nil || !prefer.isEmpty || !language.isEmpty }
}

extension ClickKey: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.u64(epoch)
        writer.varint(sequence)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(epoch: try reader.u64(), sequence: try reader.varint())
    }
}

extension Click: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(key)
        writer.put(link)
        writer.put(at)
        writer.varint(node)
        writer.put(flag)
        for text in [address, userAgent, referrer, language, query] { writer.text(text) }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            key: try reader.take(), link: try reader.take(), at: try reader.take(),
            node: try reader.varint(), flag: try reader.takeCase(), address: try reader.text(),
            userAgent: try reader.text(), referrer: try reader.text(),
            language: try reader.text(), query: try reader.text())
    }
}

extension Lease: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.varint(connection)
        writer.put(agent)
        writer.bool(isVisible)
        writer.bool(mayNotify)
        writer.varint(shownIndex)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            connection: try reader.varint(), agent: try reader.take(),
            isVisible: try reader.bool(), mayNotify: try reader.bool(),
            shownIndex: try reader.varint())
    }
}

extension DeliveryResult: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .sent(let messageID):
            writer.u8(1)
            writer.zigzag(messageID)
        case .failed(let reason, let unreachable):
            writer.u8(2)
            writer.text(reason)
            // The first level has 0 or 1 here.
            writer.u8(unreachable?.rawValue ?? 0)
        case .retry(let notBefore, let reason):
            writer.u8(3)
            writer.put(notBefore)
            writer.text(reason)
        case .uncertain(let reason):
            writer.u8(4)
            writer.text(reason)
        case .sentFile(let messageID, let file):
            writer.u8(5)
            writer.zigzag(messageID)
            writer.put(file)
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let tag = try reader.u8()
        switch tag {
        case 1: self = .sent(messageID: try reader.zigzag())
        case 2: self = .failed(reason: try reader.text(), unreachable: try Self.reach(&reader))
        case 3: self = .retry(notBefore: try reader.take(), reason: try reader.text())
        case 4: self = .uncertain(reason: try reader.text())
        case 5: self = .sentFile(messageID: try reader.zigzag(), try reader.take())
        default: throw reader.unknown(tag, at: start)
        }
    }

    private static func reach(_ reader: inout ByteReader) throws(WireError) -> Unreachable? {
        let start = reader.offset
        let number = try reader.u8()
        guard number != 0 else { return nil }
        guard let why = Unreachable(rawValue: number) else {
            throw reader.unknown(number, at: start)
        }
        return why
    }
}
