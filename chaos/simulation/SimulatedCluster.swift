import Raft
import Replica
import Routing
import Wire

/// A whole cluster in one thread: real `Replica`s, simulated network, disks, clocks and power.
///
/// Everything that will happen is in one queue ordered by time; running it is deterministic, so a
/// seed and a commit reproduce a run. Times are microseconds of simulated time.
public final class SimulatedCluster {
    /// What can happen to the cluster.
    enum Happening {
        case frame(to: NodeID, from: NodeID, bytes: [UInt8])
        case wake(NodeID, incarnation: UInt64)
        case turn(NodeID, incarnation: UInt64)
        case written(NodeID, incarnation: UInt64)
        case flushed(NodeID, incarnation: UInt64)
        case read(NodeID, incarnation: UInt64, Raft.EntriesRequest)
        case restart(NodeID)
        case crash
        case leave
        case end(NodeID, incarnation: UInt64)
        case cut
        case heal(Cut)
        case pause
        case resume(NodeID)
        case clockJump
        case command
    }

    /// A cut of the network: frames of these directions are lost.
    final class Cut {
        var blocked: Set<Way> = []
        var closed: [Way] = []
    }
    /// One direction between two nodes.
    struct Way: Hashable {
        var from: NodeID
        var to: NodeID
    }

    /// One node: running, or only its disk.
    final class Member {
        let id: NodeID
        var disk = SimulatedDisk()
        var replica: Replica?
        var incarnation: UInt64 = 0
        var isPaused = false
        var inbox: [(from: NodeID, bytes: [UInt8])] = []
        var wallOffset: Int64 = 0
        var nextRequest: UInt64 = 1
        var waiting: [RequestID: (Answer) -> Void] = [:]
        var wakeAt: Int64 = .max
        var flushIsDue = false
        var turnIsDue = false
        /// What the oracle has seen of it.
        var seen: (commit: LogIndex, applied: LogIndex) = (.zero, .zero)
        init(id: NodeID) { self.id = id }
    }

    let faults: Faults
    let seed: UInt64
    var chance: Generator
    private(set) var now: Int64 = 0
    private(set) var members: [NodeID: Member] = [:]
    let ids: [NodeID]
    var oracle = Oracle()
    private var queue = HappeningQueue()
    private var cuts: [Cut] = []
    private var lastArrival: [Way: Int64] = [:]
    private var isStorm = true
    /// Steps taken, for the report.
    public private(set) var steps = 0
    /// Called when a command is to be submitted.
    var onCommand: (() -> Void)?

    init(faults: Faults, seed: UInt64) throws {
        self.faults = faults
        self.seed = seed
        chance = Generator(seed: seed)
        ids = (1...UInt64(faults.nodes)).map { NodeID($0) }
        for id in ids { members[id] = Member(id: id) }
        for id in ids { try start(members[id]!) }
        plan(.crash, every: faults.crashEvery)
        plan(.leave, every: faults.leaveEvery)
        plan(.cut, every: faults.cutEvery)
        plan(.pause, every: faults.pauseEvery)
        plan(.clockJump, every: faults.clockSkew > 0 ? 500 : 0)
        plan(.command, every: faults.commandEvery)
    }

    // MARK: Running

    /// Runs until a moment; throws what an oracle found.
    func run(until end: Int64) throws {
        while let time = queue.nextTime, time <= end {
            let happening = queue.removeFirst()
            now = max(now, time)
            steps += 1
            try handle(happening)
        }
        now = max(now, end)
    }

    /// Ends all faults: cuts heal, nodes come back, clocks stay as they are.
    func calm() throws {
        isStorm = false
        for cut in cuts { heal(cut) }
        for id in ids {
            let member = members[id]!
            if member.isPaused { try resume(member) }
            if member.replica == nil { try start(member) }
        }
    }

    private func schedule(_ happening: Happening, after delay: Int64) {
        queue.insert(happening, at: now + delay)
    }

    private func plan(_ happening: Happening, every mean: Int64) {
        guard mean > 0 else { return }
        schedule(happening, after: chance.number(1...(2 * mean * 1000)))
    }

    private func handle(_ happening: Happening) throws {
        switch happening {
        case .frame(let to, let from, let bytes): try deliver(bytes, to: to, from: from)
        case .wake(let id, let incarnation):
            guard let member = running(id, incarnation) else { return }
            member.wakeAt = .max
            try turn(member) { _ in }
        case .turn(let id, let incarnation):
            guard let member = running(id, incarnation) else { return }
            try finishTurn(member)
        case .written(let id, let incarnation):
            guard let member = running(id, incarnation) else { return }
            guard let number = member.disk.finishWrite() else { return }
            beginWrite(member)
            try turn(member) { $0.persisted(id: number) }
        case .flushed(let id, let incarnation):
            guard let member = running(id, incarnation) else { return }
            member.flushIsDue = false
            member.disk.flush()
        case .read(let id, let incarnation, let request):
            if members[id]!.isPaused, members[id]!.incarnation == incarnation {
                // The answer waits for the node, as its frames do.
                return schedule(happening, after: 1_000)
            }
            guard let member = running(id, incarnation) else { return }
            let entries = member.disk.read(
                from: request.from, through: request.through, maxBytes: request.maxBytes)
            try turn(member) { $0.entriesRead(entries, from: request.from) }
        case .restart(let id):
            if let member = members[id], member.replica == nil { try start(member) }
        case .crash:
            try crashSomebody()
            if isStorm { plan(.crash, every: faults.crashEvery) }
        case .leave:
            try leave()
            if isStorm { plan(.leave, every: faults.leaveEvery) }
        case .end(let id, let incarnation):
            if let member = members[id], member.replica != nil, member.incarnation == incarnation {
                try end(member, isPowerCut: false)
            }
        case .cut:
            try cutSomewhere()
            if isStorm { plan(.cut, every: faults.cutEvery) }
        case .heal(let cut): heal(cut)
        case .pause:
            pauseSomebody()
            if isStorm { plan(.pause, every: faults.pauseEvery) }
        case .resume(let id): try resume(members[id]!)
        case .clockJump:
            guard isStorm else { return }
            members[chance.pick(ids)]!.wallOffset =
                chance.number(-faults.clockSkew...faults.clockSkew)
            plan(.clockJump, every: 500)
        case .command:
            onCommand?()
            plan(.command, every: faults.commandEvery)
        }
    }

    private func running(_ id: NodeID, _ incarnation: UInt64) -> Member? {
        guard let member = members[id], member.replica != nil,
            member.incarnation == incarnation
        else { return nil }
        guard !member.isPaused else { return nil }
        return member
    }

    // MARK: Turns

    /// An input of a node's loop; its effects are taken at the end of the turn.
    func turn(_ member: Member, _ input: (inout Replica) -> Void) throws {
        guard member.replica != nil, !member.isPaused else { return }
        member.replica!.timeAdvanced(to: instant, wall: wall(member))
        input(&member.replica!)
        guard faults.turn > 0 else { return try finishTurn(member) }
        guard !member.turnIsDue else { return }
        member.turnIsDue = true
        schedule(
            .turn(member.id, incarnation: member.incarnation),
            after: chance.number(0...faults.turn))
    }

    /// The end of a turn: effects until there are none.
    private func finishTurn(_ member: Member) throws {
        member.turnIsDue = false
        var rounds = 0
        while true {
            let effects = member.replica!.takeEffects()
            try carryOut(effects, member)
            guard effects.runAgain, member.replica != nil else { break }
            rounds += 1
            guard rounds < 10_000 else { throw Violation("node \(member.id) never comes to rest") }
        }
        guard let replica = member.replica else { return }
        replica.checkInvariants()
        try oracle.looked(at: replica, before: member.seen, disks: disks.map(\.1))
        member.seen = (replica.status.commit, replica.mark.index)
    }

    private func beginWrite(_ member: Member) {
        guard member.disk.beginWrite() else { return }
        var time = chance.number(
            faults.write.lowerBound * 1000 + 50...faults.write.upperBound * 1000 + 100)
        if isStorm && chance.happens(permille: faults.slowWrite) { time *= 100 }
        schedule(.written(member.id, incarnation: member.incarnation), after: time)
    }

    private var instant: Instant { Instant(nanoseconds: now * 1000) }
    private func wall(_ member: Member) -> LogTime {
        LogTime(milliseconds: 1_800_000_000_000 + now / 1000 + member.wallOffset)
    }

    private func carryOut(_ effects: Replica.Effects, _ member: Member) throws {
        if let failure = effects.failure {
            throw Violation("node \(member.id) stopped: \(failure)")
        }
        if let persist = effects.persist {
            member.disk.add(persist)
            beginWrite(member)
        }
        for (to, frame) in effects.send {
            for message in raftMessages(in: frame, from: member.id, to: to) {
                try oracle.heard(message, member.disk)
            }
            send(frame, from: member.id, to: to)
        }
        if let mark = effects.mark {
            try oracle.applied(member.id, mark)
            member.disk.buffer(effects.rows, mark)
            if !member.flushIsDue {
                member.flushIsDue = true
                let time = chance.number(
                    faults.flush.lowerBound * 1000...faults.flush.upperBound * 1000)
                schedule(.flushed(member.id, incarnation: member.incarnation), after: time)
            }
        }
        for (request, answer) in effects.answers {
            oracle.answered(answer)
            guard member.waiting[request] != nil else {
                throw Violation("request \(request.rawValue) of node \(member.id) ended twice")
            }
            member.waiting.removeValue(forKey: request)?(answer)
        }
        for request in effects.readEntries {
            schedule(
                .read(member.id, incarnation: member.incarnation, request),
                after: chance.number(100...2_000))
        }
        if let deadline = effects.nextDeadline {
            let at = max(now + 1, (deadline.nanoseconds + 999) / 1000)
            if at < member.wakeAt {
                member.wakeAt = at
                schedule(.wake(member.id, incarnation: member.incarnation), after: at - now)
            }
        }
    }

    /// Submits a command at a node; false if it does not run.
    func submit(
        _ command: Command, at id: NodeID, patience: Int64 = 2_000,
        completion: @escaping (Answer) -> Void
    ) throws -> Bool {
        guard let member = members[id], member.replica != nil, !member.isPaused else {
            return false
        }
        let request = RequestID(member.nextRequest)
        member.nextRequest += 1
        member.waiting[request] = completion
        let deadline = instant.advanced(by: .milliseconds(patience))
        try turn(member) { $0.submitted(command, request: request, deadline: deadline) }
        return true
    }

    /// Asks a node for a linearizable read; false if it does not run.
    func read(at id: NodeID, completion: @escaping (Answer) -> Void) throws -> Bool {
        guard let member = members[id], member.replica != nil, !member.isPaused else {
            return false
        }
        let request = RequestID(member.nextRequest)
        member.nextRequest += 1
        member.waiting[request] = completion
        let deadline = instant.advanced(by: .milliseconds(1_000))
        try turn(member) { $0.readRequested(request, deadline: deadline) }
        return true
    }

    // MARK: Network

    private func send(_ frame: [UInt8], from: NodeID, to: NodeID) {
        guard !cuts.contains(where: { $0.blocked.contains(Way(from: from, to: to)) }) else {
            return
        }
        var copies = 1
        if isStorm {
            if chance.happens(permille: faults.loss) { return }
            if chance.happens(permille: faults.duplicate) { copies = 2 }
        }
        for _ in 0..<copies {
            var time = chance.number(
                faults.delay.lowerBound * 1000 + 20...faults.delay.upperBound * 1000 + 80)
            if isStorm && chance.happens(permille: faults.straggler) { time *= 10 }
            if faults.isOrdered {
                let way = Way(from: from, to: to)
                time = max(time, (lastArrival[way] ?? 0) + 1 - now)
                lastArrival[way] = now + time
            }
            schedule(.frame(to: to, from: from, bytes: frame), after: time)
        }
    }

    private func deliver(_ bytes: [UInt8], to: NodeID, from: NodeID) throws {
        guard let member = members[to], member.replica != nil else { return }
        if member.isPaused {
            member.inbox.append((from, bytes))
        } else {
            try turn(member) { $0.received(bytes, from: from) }
        }
    }

    private func cutSomewhere() throws {
        guard isStorm, ids.count > 1 else { return }
        let cut = Cut()
        let left = Set(ids.filter { _ in chance.happens(permille: 500) })
        let isOneWay = chance.happens(permille: faults.oneWay)
        for a in ids where left.contains(a) {
            for b in ids where !left.contains(b) {
                cut.blocked.insert(Way(from: a, to: b))
                if !isOneWay { cut.blocked.insert(Way(from: b, to: a)) }
            }
        }
        guard !cut.blocked.isEmpty else { return }
        cuts.append(cut)
        if chance.happens(permille: faults.noticed) {
            for way in cut.blocked.sorted(by: { ($0.from, $0.to) < ($1.from, $1.to) }) {
                cut.closed.append(way)
                try turn(members[way.to]!) { $0.linkClosed(to: way.from) }
            }
        }
        schedule(
            .heal(cut),
            after: chance.number(
                faults.cutLasts.lowerBound * 1000...faults.cutLasts.upperBound * 1000))
    }

    private func heal(_ cut: Cut) {
        cuts.removeAll { $0 === cut }
        for way in cut.closed {
            // A violation found here is found again at the node's next turn.
            try? turn(members[way.to]!) { $0.linkOpened(to: way.from) }
        }
        cut.closed = []
    }

    // MARK: Power

    private func start(_ member: Member) throws {
        member.incarnation = chance.next()
        member.isPaused = false
        member.inbox = []
        member.waiting = [:]
        member.wakeAt = .max
        member.flushIsDue = false
        member.turnIsDue = false
        member.seen = (member.disk.mark.index, member.disk.mark.index)
        var limits = Replica.Limits()
        // Small enough that a follower that was away is served from the disk.
        limits.raft.tailEntries = 64
        limits.raft.tailBytes = 16_384
        if faults.isNarrow {
            limits.raft.appendEntries = 1
            limits.raft.committedEntries = 3
            limits.raft.uncommittedEntries = 12
            limits.raft.appendWindow = 1
            limits.forwardBytes = 200
            limits.pendingRequests = 40
        }
        let state = try member.disk.storedState()
        try oracle.restarted(member.id, member.disk.mark)
        member.replica = try Replica(
            id: member.id, incarnation: member.incarnation,
            configuration: Configuration(voters: ids), stored: member.disk.storedLog(tail: 64),
            state: state, mark: member.disk.mark, limits: limits, seed: chance.next(),
            now: instant, wall: wall(member))
        try turn(member) { replica in
            for id in ids where id != member.id && members[id]?.replica != nil {
                replica.linkOpened(to: id)
            }
        }
        for id in ids where id != member.id {
            // Whoever had not noticed the end learns of it now.
            try turn(members[id]!) { $0.linkClosed(to: member.id) }
            try turn(members[id]!) { $0.linkOpened(to: member.id) }
        }
    }

    private func crashSomebody() throws {
        guard isStorm else { return }
        var member = members[chance.pick(ids)]!
        if chance.happens(permille: faults.crashLeader),
            let leader = ids.first(where: { members[$0]?.replica?.status.role == .leader })
        {
            member = members[leader]!
        }
        guard member.replica != nil else { return }
        try end(member, isPowerCut: chance.happens(permille: faults.powerCut))
    }

    /// A process ends. Killed, its links close; after a power cut nobody notices.
    private func end(_ member: Member, isPowerCut: Bool) throws {
        member.replica = nil
        member.disk.crash(
            lucky: { count in
                chance.happens(permille: faults.luckyWrite)
                    ? Int(chance.number(0...Int64(count))) : 0
            }, forgets: { isPowerCut ? Int(chance.number(0...Int64($0))) : 0 })
        if !isPowerCut {
            for id in ids where id != member.id {
                try turn(members[id]!) { $0.linkClosed(to: member.id) }
            }
        }
        schedule(
            .restart(member.id),
            after: chance.number(
                faults.downFor.lowerBound * 1000...faults.downFor.upperBound * 1000))
    }

    /// A leader leaves in order: it hands over, and its process ends a little later.
    private func leave() throws {
        guard isStorm, ids.count > 1 else { return }
        let leader = ids.first { members[$0]?.replica?.status.role == .leader }
        guard let leader, let member = members[leader], !member.isPaused else { return }
        try turn(member) { $0.leaveRequested() }
        schedule(
            .end(leader, incarnation: member.incarnation), after: chance.number(1_000...400_000))
    }

    private func pauseSomebody() {
        guard isStorm else { return }
        let member = members[chance.pick(ids)]!
        guard member.replica != nil, !member.isPaused else { return }
        member.isPaused = true
        schedule(
            .resume(member.id),
            after: chance.number(
                faults.pauseLasts.lowerBound * 1000...faults.pauseLasts.upperBound * 1000))
    }

    private func resume(_ member: Member) throws {
        guard member.isPaused, member.replica != nil else { return }
        member.isPaused = false
        member.turnIsDue = false
        // While it was paused its writes went on; their news and the frames wait in the kernel.
        while let number = member.disk.finishWrite() {
            try turn(member) { $0.persisted(id: number) }
            beginWrite(member)
        }
        member.flushIsDue = false
        member.wakeAt = .max
        let inbox = member.inbox
        member.inbox = []
        for (from, bytes) in inbox { try turn(member) { $0.received(bytes, from: from) } }
        try turn(member) { _ in }
    }
}
