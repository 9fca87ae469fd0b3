import Wire

// What agents do with sessions.
extension Command {
    /// One of these commands, with its tag.
    func encodeDesk(into writer: inout ByteWriter) {
        switch self {
        case .reply(let id, let by, let text): writer.put(.reply, id, by, text)
        case .claim(let id, let by, let version): writer.put(.claim, id, by, version)
        case .transfer(let id, let by, let to, let version, let remark, let confirmed):
            writer.put(.transfer, id, by, to, version, remark, confirmed)
        case .giveBack(let id, let by, let version): writer.put(.giveBack, id, by, version)
        case .complete(let id, let by, let version): writer.put(.complete, id, by, version)
        case .reopen(let id, let by, let version): writer.put(.reopen, id, by, version)
        case .takeOver(let id, let by, let version): writer.put(.takeOver, id, by, version)
        default: preconditionFailure("nothing that agents do with a session")
        }
    }

    /// The rest of one of them after its tag.
    init(desk tag: CommandTag, from r: inout ByteReader) throws(WireError) {
        switch tag {
        case .reply: self = .reply(try r.take(), by: try r.take(), text: try r.take())
        case .claim: self = .claim(try r.take(), by: try r.take(), version: try r.take())
        case .transfer:
            self = .transfer(
                try r.take(), by: try r.take(), to: try r.take(), version: try r.take(),
                remark: try r.take(), confirmed: try r.take())
        case .giveBack: self = .giveBack(try r.take(), by: try r.take(), version: try r.take())
        case .complete: self = .complete(try r.take(), by: try r.take(), version: try r.take())
        case .reopen: self = .reopen(try r.take(), by: try r.take(), version: try r.take())
        default: self = .takeOver(try r.take(), by: try r.take(), version: try r.take())
        }
    }
}

extension RoutingState {
    /// Does one of these commands.
    mutating func apply(desk command: Command) -> Outcome {
        switch command {
        case .reply(let id, let by, let text): reply(id, by: by, text)
        case .claim(let id, let by, let version): claim(id, by: by, version)
        case .transfer(let id, let by, let to, let version, let remark, let confirmed):
            transfer(
                id, by: by, to: to, version, remark: remark, isConfirmed: confirmed)
        case .giveBack(let id, let by, let version): giveBack(id, by: by, version)
        case .complete(let id, let by, let version): complete(id, by: by, version)
        case .reopen(let id, let by, let version): reopen(id, by: by, version)
        case .takeOver(let id, let by, let version): takeOver(id, by: by, version)
        default: preconditionFailure("nothing that agents do with a session")
        }
    }
}
