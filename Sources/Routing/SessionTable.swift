import Wire

/// Every session by its id.
///
/// A session is some hundred bytes; it lies in a box of its own, so that a growing table moves
/// pointers. A box is never changed: a session that changes gets a new one.
struct SessionTable: Sendable {
    private final class Box: Sendable {
        let session: Session
        init(_ session: Session) { self.session = session }
    }
    private var boxes = ShardedDictionary<SessionID, Box>()

    /// How many there are.
    var count: Int { boxes.count }
    /// All ids, ascending; costs a sort.
    var sortedKeys: [SessionID] { boxes.sortedKeys }

    /// The session with this id; setting nil removes it.
    subscript(id: SessionID) -> Session? {
        get { boxes[id]?.session }
        set { boxes[id] = newValue.map { Box($0) } }
    }
}

extension SessionTable: Equatable {
    static func == (a: SessionTable, b: SessionTable) -> Bool {
        a.count == b.count
            && a.boxes.allSatisfy { id, box in b.boxes[id]?.session == box.session }
    }
}
