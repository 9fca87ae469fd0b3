@testable import Raft

/// Where a story is played: members, their disks, the messages between them, and a clock, all of
/// which move only when a command says so.
struct Stage {
    private struct Player {
        var raft: Raft?
        var disk = Network.Disk()
        /// Its writes wait for `written`.
        var isSlow = false
        var toldRemoved = false
    }
    private var players: [NodeID: Player] = [:]
    private var queue: [Message] = []
    private var now = Instant(nanoseconds: 0)
    private var limits = Raft.Limits()
    private var first = Configuration(voters: [])
    private var told: [String] = []
    private var isQuiet = false

    init() {
        // Most stories about learners are about what comes before.
        limits.promotesLearners = false
    }

    private var ids: [NodeID] { players.keys.sorted() }

    mutating func takeTold() -> [String] {
        defer { told = [] }
        return told
    }

    private mutating func tell(_ line: String) { if !isQuiet { told.append(line) } }

    // MARK: Commands

    mutating func perform(_ line: String) throws {
        var words = Words(line)
        isQuiet = words.skip("quietly")
        defer { isQuiet = false }
        let name = try words.next()
        switch name {
        case "limit": try limit(&words)
        case "disk": try prepare(&words)
        case "cluster": try cluster(&words)
        case "slow": players[try words.node()]?.isSlow = true
        case "written": try written(words.node(), onlyFirst: words.skip("first"))
        case "stand": try stand(words.node())
        case "elect": try elect(&words)
        case "time": try pass(milliseconds: Int64(words.number()))
        case "deliver": deliver(try words.way())
        case "drop": drop(try words.way())
        case "settle": settle()
        case "propose": try propose(&words)
        case "read": try act(words.node()) { raft in raft.readRequested(id: try words.number()) }
        case "transfer": try transfer(&words)
        case "add", "remove": try change(name, &words)
        case "join": join(try words.node())
        case "close", "open": try link(isOpen: name == "open", words.pair())
        case "crash": crash(try words.node())
        case "start": try start(words.node())
        case "cut": try cut(&words)
        case "install": try install(&words)
        case "failed": try failed(&words)
        case "show": try show(words)
        default: throw Story.Mistake(description: "no such command")
        }
    }

    private mutating func limit(_ words: inout Words) throws {
        let name = try words.next()
        let value = Int(try words.number())
        switch name {
        case "window": limits.appendWindow = value
        case "entries": limits.appendEntries = value
        case "uncommitted": limits.uncommittedEntries = value
        case "memory": limits.tailEntries = value
        case "promotions": limits.promotesLearners = value > 0
        default: throw Story.Mistake(description: "no such limit")
        }
    }

    /// What a disk holds before the cluster starts: `disk 1 term 2 vote 3 log 1 1 2`.
    private mutating func prepare(_ words: inout Words) throws {
        let id = try words.node()
        var player = players[id] ?? Player()
        while let name = words.optional() {
            switch name {
            case "term": player.disk.hardState.term = Term(try words.number())
            case "vote": player.disk.hardState.votedFor = try words.node()
            case "log":
                while let term = words.optional().flatMap({ UInt64($0) }) {
                    let index = UInt64(player.disk.entries.count + 1)
                    player.disk.entries.append(entry(index, term, "old\(index)"))
                }
            case "forget": player.disk.entries.removeLast(Int(try words.number()))
            default: throw Story.Mistake(description: "a disk has no \(name)")
            }
        }
        players[id] = player
    }

    /// `cluster 1 2 3` or `cluster 1 2 3 learner 4`.
    private mutating func cluster(_ words: inout Words) throws {
        var voters: [NodeID] = []
        var learners: [NodeID] = []
        var isLearner = false
        while let word = words.optional() {
            if word == "learner" {
                isLearner = true
                continue
            }
            guard let number = UInt64(word) else { throw Story.Mistake(description: word) }
            if isLearner { learners.append(NodeID(number)) } else { voters.append(NodeID(number)) }
        }
        first = Configuration(voters: voters, learners: learners)
        // That they start is no news.
        isQuiet = true
        for id in first.members {
            if players[id] == nil { players[id] = Player() }
            try start(id)
        }
    }

    /// Gives a member an event and carries out what follows.
    private mutating func act(_ id: NodeID, _ event: (inout Raft) throws -> Void) throws {
        guard players[id]?.raft != nil else { throw Story.Mistake(description: "\(id) is down") }
        players[id]!.raft!.timeAdvanced(to: now)
        try event(&players[id]!.raft!)
        collect(id)
    }

    private mutating func stand(_ id: NodeID) throws {
        let now = now
        try act(id) { raft in
            raft.electionDeadline = now
            raft.timeAdvanced(to: now)
        }
    }

    /// `elect 1 by 2 3`: 1 stands until it leads, and only these hear it until then; untold.
    private mutating func elect(_ words: inout Words) throws {
        let id = try words.node()
        _ = words.skip("by")
        var voters: [NodeID] = []
        while let word = words.optional().flatMap({ UInt64($0) }) { voters.append(NodeID(word)) }
        isQuiet = true
        for _ in 0..<40 where players[id]?.raft?.role != .leader {
            queue.removeAll {
                !($0.from == id && voters.contains($0.to)
                    || $0.to == id && voters.contains($0.from))
            }
            if queue.isEmpty {
                now = now.advanced(by: limits.electionTimeout)
                try stand(id)
            } else {
                let next = queue.removeFirst()
                deliver(next)
            }
        }
        guard players[id]?.raft?.role == .leader else {
            throw Story.Mistake(description: "\(id) is not elected")
        }
    }

    private mutating func pass(milliseconds: Int64) {
        now = now.advanced(by: .milliseconds(milliseconds))
        for id in ids where players[id]!.raft != nil {
            players[id]!.raft!.timeAdvanced(to: now)
            collect(id)
        }
    }

    private mutating func propose(_ words: inout Words) throws {
        let id = try words.node()
        while let text = words.optional() {
            do throws(ProposalRefused) {
                _ = try players[id]?.raft?.proposed(Array(text.utf8))
            } catch let refused {
                tell("\(id) refuses \(text): \(refused)")
            }
        }
        try act(id) { _ in }
    }

    private mutating func transfer(_ words: inout Words) throws {
        let id = try words.node()
        let target = try words.optional().map { _ in try words.node() }
        var refused: TransferRefused?
        try act(id) { refused = $0.transferRequested(to: target) }
        if let refused { tell("\(id) refuses to hand over: \(refused)") }
    }

    private mutating func change(_ name: String, _ words: inout Words) throws {
        let subject = try words.node()
        guard words.skip("at") else { throw Story.Mistake(description: "at which leader?") }
        let leader = try words.node()
        let change: MembershipChange =
            name == "add" ? .add(subject, address: [1]) : .remove(subject)
        do throws(MembershipRefused) {
            _ = try players[leader]?.raft?.membershipRequested(change)
        } catch let refused {
            tell("\(leader) refuses to \(name) \(subject): \(refused)")
        }
        try act(leader) { _ in }
    }

    private mutating func link(isOpen: Bool, _ pair: (NodeID, NodeID)) throws {
        for (id, peer) in [pair, (pair.1, pair.0)] where players[id]?.raft != nil {
            try act(id) { isOpen ? $0.linkOpened(to: peer) : $0.linkClosed(to: peer) }
        }
        if !isOpen {
            queue.removeAll { [$0.from, $0.to].sorted() == [pair.0, pair.1].sorted() }
        }
    }

    // MARK: Messages

    private mutating func deliver(_ way: Words.Way?) {
        let arriving = queue.filter { way?.fits($0) ?? true }
        queue.removeAll { way?.fits($0) ?? true }
        for message in arriving { deliver(message) }
    }

    private mutating func deliver(_ message: Message) {
        guard players[message.to]?.raft != nil else { return }
        players[message.to]!.raft!.timeAdvanced(to: now)
        players[message.to]!.raft!.received(message)
        collect(message.to)
    }

    private mutating func drop(_ way: Words.Way?) {
        let lost = queue.filter { way?.fits($0) ?? true }.count
        queue.removeAll { way?.fits($0) ?? true }
        tell("\(lost) lost")
    }

    private mutating func settle() {
        var rounds = 0
        while !queue.isEmpty, rounds < 200 {
            rounds += 1
            deliver(nil)
        }
        if !queue.isEmpty { tell("messages go round and round") }
    }

    // MARK: Disks and processes

    private mutating func written(_ id: NodeID, onlyFirst: Bool) {
        let waiting = players[id]?.disk.waiting ?? []
        let done = onlyFirst ? waiting.prefix(1) : waiting[...]
        guard let last = done.last else { return tell("nothing to write") }
        for persist in done { players[id]!.disk.write(persist) }
        players[id]!.disk.waiting.removeFirst(done.count)
        tell("\(id) has written \(onlyFirst ? "the first" : "all")")
        players[id]!.raft?.persisted(id: last.id)
        collect(id)
    }

    private mutating func crash(_ id: NodeID) {
        players[id]?.raft = nil
        players[id]?.disk.waiting = []
        queue.removeAll { $0.to == id }
    }

    private mutating func join(_ id: NodeID) {
        players[id] = Player()
        players[id]!.raft = Network.start(
            id, Configuration(voters: []), players[id]!.disk.stored(), limits: limits, now: now)
    }

    private mutating func start(_ id: NodeID) throws {
        guard let disk = players[id]?.disk else { throw Story.Mistake(description: "no such disk") }
        let raft = try Raft(
            id: id, configuration: first, stored: disk.stored(), applied: disk.base.index,
            appliedTerm: disk.base.term, limits: limits, seed: 7, now: now)
        players[id]!.raft = raft
        collect(id)
    }

    /// `cut 1 through 3`: the log of 1 has nothing up to 3 any more.
    private mutating func cut(_ words: inout Words) throws {
        let id = try words.node()
        guard words.skip("through") else { throw Story.Mistake(description: "through what?") }
        let index = LogIndex(try words.number())
        guard let last = players[id]?.disk.entries.first(where: { $0.index == index }) else {
            throw Story.Mistake(description: "no such entry")
        }
        players[id]!.disk.entries.removeAll { $0.index <= index }
        players[id]!.disk.base = LogPosition(index: last.index, term: last.term)
        try act(id) { $0.logCut(through: last.index, term: last.term) }
    }

    /// `install 3 from 1`: 3 starts anew with a snapshot that ends where the log of 1 begins.
    private mutating func install(_ words: inout Words) throws {
        let id = try words.node()
        guard words.skip("from") else { throw Story.Mistake(description: "from whom?") }
        let leader = try words.node()
        guard let base = players[leader]?.disk.base else { return }
        crash(id)
        players[id]!.disk.entries = []
        players[id]!.disk.base = base
        try start(id)
        try act(leader) { $0.snapshotSent(to: id, index: base.index) }
    }

    /// `failed 3 at 1`: the snapshot of 1 for 3 could not be sent.
    private mutating func failed(_ words: inout Words) throws {
        let id = try words.node()
        guard words.skip("at") else { throw Story.Mistake(description: "at which leader?") }
        try act(words.node()) { $0.snapshotFailed(to: id) }
    }

    // MARK: What comes of it

    private mutating func collect(_ id: NodeID) {
        while players[id]?.raft != nil {
            let effects = players[id]!.raft!.takeEffects()
            players[id]!.raft!.checkInvariants()
            for line in Telling.lines(of: effects, at: id) { tell(line) }
            if effects.isRemoved, !players[id]!.toldRemoved {
                players[id]!.toldRemoved = true
                tell("\(id) knows that it is no member any more")
            }
            queue += effects.send
            if let persist = effects.persist { players[id]!.disk.waiting.append(persist) }
            for request in effects.readEntries {
                let found = players[id]!.disk.entries.filter {
                    $0.index >= request.from && $0.index <= request.through
                }
                players[id]!.raft!.entriesRead(found, from: request.from)
            }
            var goesOn = effects.moreToApply || !effects.readEntries.isEmpty
            if !players[id]!.isSlow, let last = players[id]!.disk.waiting.last {
                for persist in players[id]!.disk.waiting { players[id]!.disk.write(persist) }
                players[id]!.disk.waiting = []
                players[id]!.raft!.persisted(id: last.id)
                goesOn = true
            }
            if !goesOn { return }
        }
    }

    private mutating func show(_ words: Words) throws {
        var words = words
        let only = try words.optional().map { word -> NodeID in
            guard let number = UInt64(word) else { throw Story.Mistake(description: word) }
            return NodeID(number)
        }
        for id in ids where only == nil || only == id {
            guard let raft = players[id]!.raft else {
                tell("\(id) is down")
                continue
            }
            for line in Telling.lines(of: raft, disk: players[id]!.disk) { tell(line) }
        }
    }
}
