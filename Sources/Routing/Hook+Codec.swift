import Wire

extension HookEvents: Coded {
    func encode(into writer: inout ByteWriter) { writer.u8(rawValue) }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(rawValue: try reader.u8())
    }
}

extension HookSettings: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.text(url)
        writer.u8(events.rawValue)
        writer.bool(isEnabled)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            url: try reader.take(), events: try reader.take(), isEnabled: try reader.take())
    }
}

extension HookReport: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(hook)
        writer.put(sequence)
        writer.put(failures)
        switch result {
        case .delivered: writer.u8(0)
        case .failed(let reason):
            writer.u8(1)
            writer.text(reason)
        case .gone(let reason):
            writer.u8(2)
            writer.text(reason)
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            hook: try reader.take(), sequence: try reader.take(), failures: try reader.take(),
            result: .delivered)
        let start = reader.offset
        let tag = try reader.u8()
        switch tag {
        case 0: break
        case 1: result = .failed(reason: try reader.take())
        case 2: result = .gone(reason: try reader.take())
        default: throw reader.unknown(tag, at: start)
        }
    }
}

// Rows. The key is not repeated in the value.

extension Hook {
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        writer.put(project)
        writer.put(createdAt)
        writer.put(settings)
        writer.blob(sealedSecret)
        writer.put(failures)
        writer.put(notBefore)
        writer.put(delivered)
        writer.put(givenUp)
        writer.put(dropped)
        writer.put(lastDelivered)
        writer.put(lastFailed)
        writer.text(lastError)
        return writer.bytes
    }

    init(id: HookID, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        self.init(
            id: id, project: try reader.take(), createdAt: try reader.take(),
            settings: try reader.take(), sealedSecret: try reader.blob())
        failures = try reader.take()
        notBefore = try reader.take()
        delivered = try reader.take()
        givenUp = try reader.take()
        dropped = try reader.take()
        lastDelivered = try reader.take()
        lastFailed = try reader.take()
        lastError = try reader.take()
        try reader.expectEnd()
    }
}

extension HookDelivery {
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 32)
        writer.put(at)
        switch what {
        case .assigned(let session, let agent, let version):
            writer.u8(0)
            writer.put(session)
            writer.put(agent)
            writer.put(version)
        case .completed(let session, let lastOwner, let version):
            writer.u8(1)
            writer.put(session)
            writer.put(lastOwner)
            writer.put(version)
        case .clicked(let link, let key, let clickedAt):
            writer.u8(2)
            writer.put(link)
            writer.put(key)
            writer.put(clickedAt)
        case .ping: writer.u8(3)
        }
        return writer.bytes
    }

    init(sequence: Int64, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        let at: LogTime = try reader.take()
        let start = reader.offset
        let tag = try reader.u8()
        let what: What
        switch tag {
        case 0:
            what = .assigned(
                try reader.take(), to: try reader.take(), version: try reader.take())
        case 1:
            what = .completed(
                try reader.take(), lastOwner: try reader.take(), version: try reader.take())
        case 2: what = .clicked(try reader.take(), try reader.take(), at: try reader.take())
        case 3: what = .ping
        default: throw reader.unknown(tag, at: start)
        }
        self.init(sequence: sequence, at: at, what: what)
        try reader.expectEnd()
    }
}

extension Command {
    /// A command about hooks, with its tag.
    func encodeHook(into writer: inout ByteWriter) {
        switch self {
        case .createHook(let by, let project, let settings, let secret):
            writer.put(.createHook, by, project, settings, Text(secret))
        case .updateHook(let id, let by, let settings, let secret):
            writer.put(.updateHook, id, by, settings, Text(secret))
        case .removeHook(let id, let by): writer.put(.removeHook, id, by)
        case .pingHook(let id, let by): writer.put(.pingHook, id, by)
        case .passOverDelivery(let sequence, let id, let by):
            writer.put(.passOverDelivery, sequence, id, by)
        case .finishDeliveries(let reports): writer.put(.finishDeliveries, reports)
        default: preconditionFailure("no command about hooks")
        }
    }

    /// The rest of one of them after its tag.
    init(hook tag: CommandTag, from r: inout ByteReader) throws(WireError) {
        switch tag {
        case .createHook:
            self = .createHook(
                by: try r.take(), try r.take(), try r.take(), sealedSecret: try r.blob())
        case .updateHook:
            self = .updateHook(
                try r.take(), by: try r.take(), try r.take(), sealedSecret: try r.blob())
        case .removeHook: self = .removeHook(try r.take(), by: try r.take())
        case .pingHook: self = .pingHook(try r.take(), by: try r.take())
        case .passOverDelivery:
            self = .passOverDelivery(try r.take(), of: try r.take(), by: try r.take())
        default: self = .finishDeliveries(try r.take())
        }
    }
}
