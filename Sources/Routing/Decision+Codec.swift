import Wire

// Compact: ids, bit masks and figures, no personal data. A figure is written only with its reason.

extension Decision: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.u8(cause.rawValue | (isOverride ? 0x80 : 0))
        let isLonger = pool != nil || tier != nil
        writer.u8(way.rawValue | mode.rawValue << 4, isLonger: isLonger)
        writer.varint(rosterVersion)
        writer.put(chosen)
        writer.put(cursorBefore)
        // The cursor moves to the chosen agent or not at all.
        writer.bool(cursorAfter != cursorBefore)
        writer.varint(UInt64(candidates.count))
        var before: Int64 = 0
        for candidate in candidates {
            writer.zigzag(candidate.agent.rawValue &- before)
            before = candidate.agent.rawValue
            candidate.encodeReasons(into: &writer)
        }
        guard isLonger else { return }
        writer.put(pool)
        writer.put(tier)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let first = try reader.u8()
        let (second, isLonger) = try reader.u8OrLonger()
        guard let cause = Cause(rawValue: first & 0x7f), let way = Way(rawValue: second & 0x0f),
            let mode = Mode(rawValue: second >> 4)
        else { throw WireError(.badValue("decision"), offset: start) }
        let rosterVersion = try reader.varint()
        let chosen: AgentID? = try reader.take()
        let cursorBefore: AgentID? = try reader.take()
        let isMoved = try reader.bool()
        let count = try reader.count(limit: reader.remaining)
        var candidates: [Candidate] = []
        candidates.reserveCapacity(count)
        var before: Int64 = 0
        for _ in 0..<count {
            before = before &+ (try reader.zigzag())
            candidates.append(try Candidate(agent: AgentID(before), reasonsFrom: &reader))
        }
        self.init(
            cause: cause, mode: mode, way: way, isOverride: first & 0x80 != 0,
            rosterVersion: rosterVersion, candidates: candidates, chosen: chosen,
            cursorBefore: cursorBefore, cursorAfter: isMoved ? chosen : cursorBefore)
        guard isLonger else { return }
        pool = try reader.take()
        tier = try reader.take()
        if pool == nil, tier == nil { throw WireError(.badValue("decision"), offset: start) }
    }
}

extension Candidate {
    /// Beside the reasons' bits: figures of feature level 2 follow the others.
    private static let hasMore: UInt16 = 1 << 13

    fileprivate func encodeReasons(into writer: inout ByteWriter) {
        let isLonger = seats != nil || newPerMinute > 0
        writer.varint(UInt64(reasons.rawValue | (isLonger ? Candidate.hasMore : 0)))
        guard !reasons.isEmpty else { return }
        if reasons.contains(.atCapacity) {
            writer.put(open)
            writer.put(openLimit)
        }
        if reasons.contains(.rateLimited) { writer.put(rateLimitedUntil) }
        if reasons.contains(.excluded) { writer.put(excludedUntil) }
        if !reasons.isDisjoint(with: [.notReceiving, .offline]) { writer.put(since) }
        guard isLonger else { return }
        writer.put(seats)
        writer.put(newSessions)
        writer.put(newPerMinute)
    }

    fileprivate init(agent: AgentID, reasonsFrom reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        guard let mask = UInt16(exactly: try reader.varint()) else {
            throw WireError(.badValue("reasons"), offset: start)
        }
        self.init(agent: agent, reasons: Reasons(rawValue: mask & ~Candidate.hasMore))
        if reasons.contains(.atCapacity) {
            open = try reader.take()
            openLimit = try reader.take()
        }
        if reasons.contains(.rateLimited) { rateLimitedUntil = try reader.take() }
        if reasons.contains(.excluded) { excludedUntil = try reader.take() }
        if !reasons.isDisjoint(with: [.notReceiving, .offline]) { since = try reader.take() }
        guard mask & Candidate.hasMore != 0 else { return }
        seats = try reader.take()
        newSessions = try reader.take()
        newPerMinute = try reader.take()
        if seats == nil, newPerMinute == 0 {
            throw WireError(.badValue("candidate"), offset: start)
        }
    }
}
