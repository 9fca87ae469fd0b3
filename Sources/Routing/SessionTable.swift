import Wire

/// Every session by its id.
///
/// An open session lies in a box of its own, so that a growing table moves pointers; a box is never
/// changed: a session that changes gets a new one. Of a completed one, and most are, only the
/// bytes of its row are kept, a third of the box and what hangs on it; they are read whenever
/// somebody asks for it, which takes about a microsecond.
struct SessionTable: Sendable {
    private final class Box: Sendable {
        let session: Session
        init(_ session: Session) { self.session = session }
    }
    private enum Form: Sendable {
        case open(Box)
        case completed([UInt8])
    }
    private var forms = ShardedDictionary<SessionID, Form>()

    /// How many there are.
    var count: Int { forms.count }
    /// All ids, ascending; costs a sort.
    var sortedKeys: [SessionID] { forms.sortedKeys }

    /// The session with this id; setting nil removes it.
    subscript(id: SessionID) -> Session? {
        get { forms[id].map { SessionTable.session(id, $0) } }
        set {
            forms[id] = newValue.map { session in
                guard session.state == .completed else { return .open(Box(session)) }
                // As an array without room to spare.
                return .completed(session.encoded().withUnsafeBytes { Array($0) })
            }
        }
    }

    /// Takes the session of a row, and gives it.
    mutating func load(_ id: SessionID, row: [UInt8]) throws(WireError) -> Session {
        let session = try Session(id: id, value: row)
        forms[id] = session.state == .completed ? .completed(row) : .open(Box(session))
        return session
    }

    private static func session(_ id: SessionID, _ form: Form) -> Session {
        switch form {
        case .open(let box): return box.session
        case .completed(let row):
            guard let session = try? Session(id: id, value: row) else {
                preconditionFailure("a row that was read or written here does not read")
            }
            return session
        }
    }
}

extension SessionTable: Equatable {
    static func == (a: SessionTable, b: SessionTable) -> Bool {
        a.count == b.count
            && a.forms.allSatisfy { id, form in b[id] == SessionTable.session(id, form) }
    }
}
