import Wire

// Leases and bars, which since the second level may say what their sender saw: for how long a page
// has been hidden, and which version of a session.
extension Command {
    func encodeSeen(into writer: inout ByteWriter) {
        switch self {
        case .renewLeases(let node, let incarnation, let leases) where leases.tellHiddenTimes:
            writer.put(.renewHiddenLeases, node, incarnation, leases)
            for lease in leases { writer.put(lease.hiddenMilliseconds) }
        case .renewLeases(let node, let incarnation, let leases):
            writer.put(.renewLeases, node, incarnation, leases)
        case .bar(let user, let id, let by, let isBarred, nil):
            writer.put(.bar, user, id, by, isBarred)
        case .bar(let user, let id, let by, let isBarred, let version?):
            writer.put(.barSeen, user, id, by, isBarred, version)
        default: preconditionFailure("neither leases nor a bar")
        }
    }

    init(seen tag: CommandTag, from r: inout ByteReader) throws(WireError) {
        if tag == .bar || tag == .barSeen {
            let (user, id): (TelegramID, ProjectID) = (try r.take(), try r.take())
            let (by, isBarred): (AgentID, Bool) = (try r.take(), try r.take())
            let version = tag == .bar ? nil : try UInt64(from: &r)
            self = .bar(user, of: id, by: by, isBarred, version: version)
            return
        }
        let (node, incarnation): (UInt64, UInt64) = (try r.take(), try r.take())
        let start = r.offset
        var leases: [Lease] = try r.take()
        if tag == .renewHiddenLeases {
            for index in leases.indices { leases[index].hiddenMilliseconds = try r.take() }
            guard leases.tellHiddenTimes else {
                throw WireError(.badValue("leases"), offset: start)
            }
        }
        self = .renewLeases(node: node, incarnation: incarnation, leases)
    }
}
