@testable import Raft

/// Members on one desk: messages wait in a queue, disks are durable at once unless told otherwise.
struct Network {
    var members: [NodeID: Raft] = [:]
    var disks: [NodeID: Disk] = [:]
    var queue: [Message] = []
    var now = Instant(nanoseconds: 0)
    var slowDisks: Set<NodeID> = []
    var isolated: Set<NodeID> = []
    /// Messages that this returns false for are lost.
    var passes: (Message) -> Bool = { _ in true }
    var applied: [NodeID: [Entry]] = [:]
    var reads: [NodeID: [Raft.ReadReady]] = [:]
    var failedReads: [NodeID: [UInt64]] = [:]
    var fences: [NodeID: Fence] = [:]
    var sent: [Message] = []
    var snapshotsWanted: [NodeID: [NodeID]] = [:]
    /// Reads of the disk are not answered.
    var deafDisks: Set<NodeID> = []
    let limits: Raft.Limits
    let first: Configuration

    struct Disk {
        var hardState = HardState()
        var entries: [Entry] = []
        var base = LogPosition.zero
        var waiting: [Persist] = []

        mutating func write(_ persist: Persist) {
            if let state = persist.hardState { hardState = state }
            if let cut = persist.truncateFrom { entries.removeAll { $0.index >= cut } }
            entries += persist.entries
        }
        func stored(tail: Int = .max) -> StoredLog {
            let last = entries.last.map { ($0.index, $0.term) } ?? (base.index, base.term)
            return StoredLog(
                hardState: hardState, base: (base.index, base.term), last: last,
                tail: Array(entries.suffix(tail)))
        }
    }

    init(_ ids: [UInt64] = [1, 2, 3], learners: [UInt64] = [], limits: Raft.Limits = .init()) {
        self.limits = limits
        let configuration = Configuration(
            voters: ids.map { NodeID($0) }, learners: learners.map { NodeID($0) })
        first = configuration
        for id in (ids + learners).map({ NodeID($0) }) {
            disks[id] = Disk()
            members[id] = Network.start(
                id, configuration, Disk().stored(), limits: limits, now: now)
        }
    }

    static func start(
        _ id: NodeID, _ configuration: Configuration, _ stored: StoredLog,
        applied: LogIndex = .zero, limits: Raft.Limits, now: Instant
    ) -> Raft {
        try! Raft(
            id: id, configuration: configuration, stored: stored, applied: applied,
            limits: limits, seed: 7, now: now)
    }

    var ids: [NodeID] { members.keys.sorted() }
    subscript(id: UInt64) -> Raft {
        get { members[NodeID(id)]! }
        set { members[NodeID(id)] = newValue }
    }
    var leaders: [NodeID] { ids.filter { members[$0]!.role == .leader } }
    /// The payloads applied by a member, as texts.
    func texts(_ id: UInt64) -> [String] {
        (applied[NodeID(id)] ?? []).filter { $0.kind == .command }
            .map { String(decoding: $0.payload, as: UTF8.self) }
    }

    /// Takes the effects of one member.
    mutating func collect(_ id: NodeID) {
        while true {
            let effects = members[id]!.takeEffects()
            members[id]!.checkInvariants()
            if let persist = effects.persist {
                disks[id]!.waiting.append(persist)
            }
            sent += effects.send
            queue += effects.send
            applied[id, default: []] += effects.committed
            reads[id, default: []] += effects.reads
            failedReads[id, default: []] += effects.failedReads
            if let fence = effects.fenced { fences[id] = fence }
            snapshotsWanted[id, default: []] += effects.snapshotsWanted
            for request in effects.readEntries where !deafDisks.contains(id) {
                var bytes = 0
                let found = disks[id]!.entries.filter {
                    $0.index >= request.from && $0.index <= request.through
                }.prefix { entry in
                    defer { bytes += entry.payload.count }
                    return bytes <= request.maxBytes
                }
                members[id]!.entriesRead(Array(found), from: request.from)
            }
            if !slowDisks.contains(id), flush(id) { continue }
            let wasRead = !effects.readEntries.isEmpty && !deafDisks.contains(id)
            if effects.moreToApply || wasRead { continue }
            return
        }
    }

    /// Makes a member's writes durable; whether there were any.
    @discardableResult mutating func flush(_ id: NodeID) -> Bool {
        guard let last = disks[id]!.waiting.last else { return false }
        for persist in disks[id]!.waiting { disks[id]!.write(persist) }
        disks[id]!.waiting = []
        members[id]!.persisted(id: last.id)
        return true
    }

    /// Delivers until nothing is under way.
    mutating func settle() {
        for id in ids { collect(id) }
        var steps = 0
        while !queue.isEmpty {
            steps += 1
            precondition(steps < 20_000, "messages go round and round: \(queue.prefix(6))")
            let message = queue.removeFirst()
            guard !isolated.contains(message.from), !isolated.contains(message.to),
                members[message.to] != nil, passes(message)
            else { continue }
            members[message.to]!.received(message)
            collect(message.to)
        }
    }

    /// Lets time pass in steps of 5 ms, with everything delivered between.
    mutating func run(_ duration: Duration) {
        let end = now.advanced(by: duration)
        while now < end {
            now = now.advanced(by: .milliseconds(5))
            for id in ids { members[id]!.timeAdvanced(to: now) }
            settle()
        }
    }

    /// Has a member elected by ending its patience.
    mutating func elect(_ id: UInt64) {
        self[id].electionDeadline = now
        self[id].timeAdvanced(to: now)
        settle()
    }

    mutating func propose(_ id: UInt64, _ texts: String...) {
        for text in texts { _ = try! members[NodeID(id)]!.proposed(Array(text.utf8)) }
        settle()
    }

    /// Cuts a member's log.
    mutating func cut(_ id: UInt64, through index: UInt64) {
        let disk = disks[NodeID(id)]!
        let place = disk.entries.first { $0.index.rawValue == index }!
        disks[NodeID(id)]!.base = LogPosition(index: place.index, term: place.term)
        disks[NodeID(id)]!.entries.removeAll { $0.index <= place.index }
        self[id].logCut(through: place.index, term: place.term)
    }

    /// Installs what one member has applied up to an index at another, by a new start.
    mutating func install(from: UInt64, to: UInt64, through index: UInt64) {
        let entries = applied[NodeID(from)]!.filter { $0.index.rawValue <= index }
        let end = entries.last!
        let node = NodeID(to)
        disks[node]!.waiting = []
        disks[node]!.entries = []
        disks[node]!.base = LogPosition(index: end.index, term: end.term)
        applied[node] = entries
        members[node] = try! Raft(
            id: node, configuration: members[NodeID(from)]!.configuration,
            stored: disks[node]!.stored(), applied: end.index, appliedTerm: end.term,
            limits: limits, seed: 8, now: now)
    }

    /// Kill -9 and a new start: unsynced writes are gone.
    mutating func restart(_ id: UInt64, applied: LogIndex = .zero, tail: Int = .max) {
        let node = NodeID(id)
        disks[node]!.waiting = []
        self.applied[node] = Array((self.applied[node] ?? []).prefix(Int(applied.rawValue)))
        members[node] = Network.start(
            node, first, disks[node]!.stored(tail: tail), applied: applied, limits: limits,
            now: now)
    }

    /// A node that joins: it knows of no member.
    mutating func join(_ id: UInt64) {
        disks[NodeID(id)] = Disk()
        members[NodeID(id)] = Network.start(
            NodeID(id), Configuration(voters: []), Disk().stored(), limits: limits, now: now)
    }

    /// Asks the leader for a change and lets it be done.
    mutating func change(_ change: MembershipChange, at id: UInt64) throws(MembershipRefused) {
        _ = try self[id].membershipRequested(change)
        settle()
    }
}

func at(_ index: UInt64, _ term: UInt64) -> LogPosition {
    LogPosition(index: LogIndex(index), term: Term(term))
}
func entry(_ index: UInt64, _ term: UInt64, _ text: String = "") -> Entry {
    Entry(
        index: LogIndex(index), term: Term(term), kind: text.isEmpty ? .noop : .command,
        payload: Array(text.utf8))
}
func stored(_ terms: [UInt64], term: UInt64, votedFor: UInt64? = nil) -> StoredLog {
    let entries = terms.enumerated().map { entry(UInt64($0.offset + 1), $0.element, "x") }
    let last = entries.last.map { ($0.index, $0.term) } ?? (.zero, .zero)
    return StoredLog(
        hardState: HardState(term: Term(term), votedFor: votedFor.map { NodeID($0) }),
        last: last, tail: entries)
}
