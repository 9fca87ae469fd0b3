import Wire

// How each kind of thing looks in its row. The key is not repeated in the value. Fields of a later
// level stand at the end, and are written from that level on; a row that ends before them is older.

extension Agent {
    func encoded(at level: FeatureLevel) -> [UInt8] {
        var writer = ByteWriter(capacity: 64 + passwordHash.utf8.count)
        writer.text(login)
        writer.text(name)
        writer.text(passwordHash)
        writer.bool(isAdmin)
        writer.bool(isActive)
        writer.put(openLimit)
        writer.put(newPerMinute)
        writer.bool(isAway)
        writer.put(lastSignIn)
        writer.put(offlineSince)
        if level >= .second {
            writer.put(onlineSince)
            writer.put(onlineMilliseconds)
        }
        return writer.bytes
    }

    init(id: AgentID, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        self.init(
            id: id, login: try reader.take(), name: try reader.take(),
            passwordHash: try reader.take(), isAdmin: try reader.take())
        isActive = try reader.take()
        openLimit = try reader.take()
        newPerMinute = try reader.take()
        isAway = try reader.take()
        lastSignIn = try reader.take()
        offlineSince = try reader.take()
        if !reader.isAtEnd {
            onlineSince = try reader.take()
            onlineMilliseconds = try reader.take()
        }
        try reader.expectEnd()
    }
}

extension SignIn {
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.blob(tokenHash)
        writer.put(at)
        writer.put(lastUsed)
        writer.put(idleMilliseconds)
        writer.put(endsAt)
        return writer.bytes
    }

    init(agent: AgentID, id: Int64, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        self.init(
            id: id, agent: agent, tokenHash: try reader.blob(), at: try reader.take(),
            lastUsed: try reader.take(), idleMilliseconds: try reader.take(),
            endsAt: try reader.take())
        try reader.expectEnd()
    }
}

extension Connection {
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 24)
        writer.varint(node)
        writer.put(agent)
        writer.put(expires)
        writer.put(hiddenSince)
        writer.bool(mayNotify)
        writer.varint(shownIndex)
        return writer.bytes
    }

    init(key: Key, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        self.init(
            key: key, node: try reader.take(), agent: try reader.take(),
            expires: try reader.take(), hiddenSince: try reader.take(),
            mayNotify: try reader.take(), shownIndex: try reader.take())
        try reader.expectEnd()
    }
}

extension Project {
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        writer.put(createdAt)
        writer.put(settings)
        writer.put(members)
        writer.put(rosterVersion)
        return writer.bytes
    }

    init(id: ProjectID, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        self.init(
            id: id, createdAt: try reader.take(), settings: try reader.take(),
            members: try reader.take(), rosterVersion: try reader.take())
        try reader.expectEnd()
    }
}

extension Link {
    func encoded(at level: FeatureLevel) -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.put(createdAt)
        writer.put(settings)
        writer.put(humanClicks)
        writer.put(otherClicks)
        writer.put(starts)
        if level >= .second {
            writer.put(terms)
            writer.put(version)
        }
        return writer.bytes
    }

    init(id: LinkID, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        self.init(id: id, createdAt: try reader.take(), settings: try reader.take())
        humanClicks = try reader.take()
        otherClicks = try reader.take()
        starts = try reader.take()
        if !reader.isAtEnd {
            terms = try reader.take()
            version = try reader.take()
        }
        try reader.expectEnd()
    }
}

extension Touch: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(link)
        writer.put(key)
        writer.put(clickedAt)
        writer.put(startedAt)
        writer.put(via)
        writer.bool(isPending)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            link: try reader.take(), key: try reader.take(), clickedAt: try reader.take(),
            startedAt: try reader.take(), via: try reader.takeCase(),
            isPending: try reader.take())
    }
}

extension DeliveryState: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .queued: writer.u8(0)
        case .sending(let epoch):
            writer.u8(1)
            writer.varint(epoch)
        case .sent(let messageID):
            writer.u8(2)
            writer.zigzag(messageID)
        case .failed(let reason):
            writer.u8(3)
            writer.text(reason)
        case .uncertain(let reason):
            writer.u8(4)
            writer.text(reason)
        case .withdrawn: writer.u8(5)
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let tag = try reader.u8()
        switch tag {
        case 0: self = .queued
        case 1: self = .sending(epoch: try reader.take())
        case 2: self = .sent(messageID: try reader.take())
        case 3: self = .failed(reason: try reader.take())
        case 4: self = .uncertain(reason: try reader.take())
        case 5: self = .withdrawn
        default: throw reader.unknown(tag, at: start)
        }
    }
}

extension OutboxMessage {
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 48 + text.utf8.count)
        writer.put(session)
        writer.put(ordinal)
        writer.put(project)
        writer.put(chat)
        writer.put(agent)
        writer.put(at)
        writer.put(text)
        writer.put(state)
        writer.put(attempts)
        writer.put(notBefore)
        if !entities.isEmpty || act != .send || changedAt != nil || replyTo != nil {
            writer.put(entities)
            writer.put(act)
            writer.put(changedAt)
        }
        if let replyTo { writer.put(replyTo) }
        return writer.bytes
    }

    init(id: OutboxID, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        self.init(
            id: id, session: try reader.take(), ordinal: try reader.take(),
            project: try reader.take(), chat: try reader.take(), agent: try reader.take(),
            at: try reader.take(), text: try reader.take())
        state = try reader.take()
        attempts = try reader.take()
        notBefore = try reader.take()
        if !reader.isAtEnd {
            entities = try reader.take()
            act = try reader.take()
            changedAt = try reader.take()
        }
        if !reader.isAtEnd { replyTo = try SentMessage(from: &reader) }
        try reader.expectEnd()
    }
}

extension OutboxMessage.Act: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .send: writer.u8(0)
        case .edit(let target):
            writer.u8(1)
            writer.put(target)
        case .delete(let target):
            writer.u8(2)
            writer.put(target)
        case .sendFile(let file):
            writer.u8(3)
            writer.put(file)
        case .editCaption(let target):
            writer.u8(4)
            writer.put(target)
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let tag = try reader.u8()
        switch tag {
        case 0: self = .send
        case 1: self = .edit(try reader.take())
        case 2: self = .delete(try reader.take())
        case 3: self = .sendFile(try reader.take())
        case 4: self = .editCaption(try reader.take())
        default: throw reader.unknown(tag, at: start)
        }
    }
}
