import Wire

extension RoutingState {
    /// Adds to a session's history. The row is written at once; the session keeps only the count.
    mutating func record(
        _ what: HistoryItem.What, _ decision: Decision? = nil, in session: inout Session
    ) {
        let item = HistoryItem(index: now.index, at: now.time, what: what, decision: decision)
        if decision != nil { session.decisionOrdinal = session.historyCount }
        write(item, session.id, ordinal: session.historyCount)
        session.historyCount += 1
    }

    /// Writes, or writes again, one item of a session's history.
    mutating func write(_ item: HistoryItem, _ session: SessionID, ordinal: Int64) {
        draft.applied.write(.history, session.rawValue, ordinal, as: item.encoded())
        draft.applied.events.append(.historyAdded(session, ordinal: ordinal))
    }
}

extension Session.Preview {
    /// The beginning of a message.
    init(of text: Text, kind: Text, at: LogTime, from: Session.Side) {
        self.text = text.prefix(bytes: Self.previewBytes)
        self.kind = kind
        self.at = at
        self.from = from
    }
}

extension Text {
    /// The text, or its beginning of at most so many bytes, cut between code points.
    func prefix(bytes limit: Int) -> Text {
        guard utf8.count > limit else { return self }
        var end = limit
        while end > 0, utf8[end] & 0xc0 == 0x80 { end -= 1 }
        return Text(Array(utf8[..<end]))
    }
}
