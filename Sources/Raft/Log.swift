/// The log as this member knows it: its newest entries in memory, the rest on the disk, and how
/// much of it is durable.
///
/// Three marks in one order: `durable` <= what was handed to the disk < `unwrittenFrom`. A
/// truncation lowers all of them, so that the completion of an older write can never make the
/// replaced entries count (facts of asynchronous appends: the ABA race).
struct Log: Sendable {
    /// The entry just before the first kept anywhere.
    private(set) var base: LogPosition
    /// The entry just before the first in memory; its term is known, its payload is not here.
    private(set) var anchor: LogPosition
    /// The last entry.
    private(set) var last: LogPosition
    /// The last index that is durable with its present content.
    private(set) var durable: LogIndex
    /// The first index that no write carries yet.
    private(set) var unwrittenFrom: LogIndex
    /// Where the next write must cut first.
    private(set) var truncateFrom: LogIndex?
    /// Entries `anchor.index + 1 ... last.index` are `storage[head...]`.
    private var storage: [Entry]
    private var head = 0
    private(set) var memoryBytes = 0

    /// `before` may name the entry just before the tail, which is not in it.
    init(_ stored: StoredLog, before: LogPosition? = nil) {
        base = LogPosition(index: stored.base.index, term: stored.base.term)
        last = LogPosition(index: stored.last.index, term: stored.last.term)
        durable = stored.last.index
        unwrittenFrom = stored.last.index.next
        storage = stored.tail
        if let first = stored.tail.first {
            if first.index == base.index.next {
                anchor = base
            } else if let before, before.index.next == first.index {
                anchor = before
            } else {
                anchor = LogPosition(index: first.index, term: first.term)
                storage.removeFirst()
            }
        } else {
            anchor = last
        }
        for entry in storage { memoryBytes += entry.payload.count }
    }

    /// The term of an entry, if it is known in memory.
    func term(at index: LogIndex) -> Term? {
        if index > anchor.index, index <= last.index { return storage[slot(index)].term }
        if index == anchor.index { return anchor.term }
        if index == base.index { return base.term }
        return nil
    }

    /// The entry at an index after `anchor` and up to `last`.
    subscript(index: LogIndex) -> Entry { storage[slot(index)] }

    private func slot(_ index: LogIndex) -> Int {
        head + Int(index.rawValue - anchor.index.rawValue) - 1
    }

    /// Entries from an index after `anchor`, up to `through`, within bounds; one at least.
    func entries(
        from: LogIndex, through: LogIndex, maxEntries: Int, maxBytes: Int
    ) -> [Entry] {
        guard from <= through, from > anchor.index else { return [] }
        let start = slot(from)
        var end = start
        let limit = min(slot(through) + 1, start + max(1, min(maxEntries, storage.count)))
        var bytes = 0
        while end < limit {
            bytes += storage[end].payload.count
            if bytes > maxBytes, end > start { break }
            end += 1
        }
        return Array(storage[start..<end])
    }

    mutating func append(_ entry: Entry) {
        precondition(entry.index == last.index.next && entry.term >= last.term)
        last = LogPosition(index: entry.index, term: entry.term)
        memoryBytes += entry.payload.count
        storage.append(entry)
    }

    /// Deletes every entry from `index` on, which is after `anchor`.
    mutating func truncate(from index: LogIndex) {
        precondition(index > anchor.index && index <= last.index)
        let start = slot(index)
        for entry in storage[start...] { memoryBytes -= entry.payload.count }
        storage.removeSubrange(start...)
        let before = LogIndex(index.rawValue - 1)
        let beforeTerm = before == anchor.index ? anchor.term : storage[slot(before)].term
        last = LogPosition(index: before, term: beforeTerm)
        durable = min(durable, before)
        if index < unwrittenFrom {
            unwrittenFrom = index
            truncateFrom = min(truncateFrom ?? index, index)
        }
    }

    /// The part of a write that the log wants now; nil if nothing is unwritten.
    mutating func takeUnwritten() -> (truncateFrom: LogIndex?, entries: [Entry])? {
        guard truncateFrom != nil || unwrittenFrom <= last.index else { return nil }
        let entries =
            unwrittenFrom <= last.index ? Array(storage[slot(unwrittenFrom)...]) : []
        let cut = truncateFrom
        truncateFrom = nil
        unwrittenFrom = last.index.next
        return (cut, entries)
    }

    /// Everything up to `index` is durable.
    mutating func madeDurable(through index: LogIndex) { durable = max(durable, index) }

    /// Lets go of entries up to `through` as far as the bounds demand.
    mutating func evict(through: LogIndex, maxEntries: Int, maxBytes: Int) {
        let limit = min(through, durable)
        while anchor.index < limit,
            storage.count - head > maxEntries || memoryBytes > maxBytes
        {
            forgetFirst()
        }
        reclaim()
    }

    /// The disk has let go of everything up to `position`, which is durable and may be forgotten.
    mutating func cut(through position: LogPosition) {
        guard position.index > base.index else { return }
        precondition(position.index <= durable && position.index < unwrittenFrom)
        while anchor.index < position.index { forgetFirst() }
        base = position
        reclaim()
    }

    private mutating func forgetFirst() {
        let entry = storage[head]
        anchor = LogPosition(index: entry.index, term: entry.term)
        memoryBytes -= entry.payload.count
        storage[head].payload = []
        head += 1
    }

    /// Moving the rest down once half is empty costs each entry one move on average.
    private mutating func reclaim() {
        guard head > 1_024, head > storage.count / 2 else { return }
        storage.removeSubrange(..<head)
        head = 0
    }

    /// The last index up to `index` whose term is at most `term`, not searching below `floor`:
    /// where two logs may agree at best (Raft, end of section 5.3).
    func agreement(atMost index: LogIndex, term: Term, floor: LogIndex) -> LogPosition {
        var candidate = min(index, last.index)
        while candidate > floor, let found = self.term(at: candidate) {
            if found <= term { return LogPosition(index: candidate, term: found) }
            candidate = LogIndex(candidate.rawValue - 1)
        }
        return LogPosition(index: candidate, term: self.term(at: candidate) ?? .zero)
    }

    func checkInvariants() {
        precondition(base.index <= anchor.index && anchor.index <= last.index)
        precondition(durable < unwrittenFrom && unwrittenFrom <= last.index.next)
        precondition(UInt64(storage.count - head) == last.index.rawValue - anchor.index.rawValue)
        if let cut = truncateFrom { precondition(cut <= unwrittenFrom) }
        guard storage.count - head <= 4_096 else { return }
        var previous = anchor
        var bytes = 0
        for entry in storage[head...] {
            precondition(entry.index == previous.index.next && entry.term >= previous.term)
            previous = LogPosition(index: entry.index, term: entry.term)
            bytes += entry.payload.count
        }
        precondition(previous == last && bytes == memoryBytes)
    }
}
