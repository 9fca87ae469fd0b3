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
        case end(NodeID, incarnation: UInt64)
        case heal(Cut)
        case unclog(Clog)
        case resume(NodeID)
        case fault(Fault, storm: Int)
        case command
        case snapshot(Transfer)
        case retire(NodeID)
    }

    /// A fault that strikes at a moment.
    enum Fault: CaseIterable {
        case crash, leave, cut, clog, pause, clock, compact, members, transfer, upgrade
    }

    /// How far a node has applied the log since it started.
    struct Place: Equatable {
        var node: NodeID
        var incarnation: UInt64
        var index: LogIndex?
    }

    /// A node's memory while it runs. Of its own, so that to ask whether it runs copies nothing.
    final class Process {
        var replica: Replica
        init(_ replica: Replica) { self.replica = replica }
    }

    /// One node: running, or only its disk.
    final class Member {
        let id: NodeID
        var disk = SimulatedDisk()
        var process: Process?
        var isRunning: Bool { process != nil }
        /// The highest feature level that its release knows.
        var newestLevel = FeatureLevel.newest
        var incarnation: UInt64 = 0
        var isPaused = false
        var inbox: [(from: NodeID, bytes: [UInt8])] = []
        var clock: SimulatedClock
        var nextRequest: UInt64 = 1
        var waiting: [RequestID: (Answer) -> Void] = [:]
        var wakeAt: Int64 = .max
        var flushIsDue = false
        var turnIsDue = false
        /// What the oracle has seen of it.
        var seen = Oracle.Seen()
        init(id: NodeID, clock: SimulatedClock) {
            self.id = id
            self.clock = clock
        }
    }

    /// The faults of the storm under way, or of the last one.
    private(set) var faults = Faults()
    /// The workload's chances, those of network and disks, and those of faults: apart, so that a
    /// fault less changes as little as can be.
    var chance: Generator
    var physics: Generator
    var fate: Generator
    private(set) var now: Int64 = 0
    /// All nodes that ever were.
    var members: [NodeID: Member] = [:]
    /// The nodes that run or may come back, ascending; those that were removed are gone.
    var ids: [NodeID]
    /// The members of the first start.
    let founders: Configuration
    /// The highest id that a node was ever given here.
    var highestID: NodeID
    /// Until then removals that operators asked for may be done, in microseconds.
    var removalsUntil: Int64 = 0
    /// Nodes that found their state wrong and stopped, for good.
    var stopped: [NodeID] = []
    /// Snapshots on their way.
    var transfers: [Transfer] = []
    /// Snapshots that were installed.
    var installs = 0
    let isNarrow: Bool
    private let clockDrift: Int64
    private let seed: UInt64
    var oracle = Oracle()
    private var queue = HappeningQueue()
    var cuts: [Cut] = []
    var clogs: [Clog] = []
    var lastArrival: [Way: Int64] = [:]
    var isStorm = false
    /// Nodes that take no part until calm comes.
    var frozen: Set<NodeID> = []
    private var storms = 0
    private var lastComparison = 0
    /// Where the nodes stood when their states were compared last.
    var compared: [Place] = []
    /// Faults that would have struck so far, by number from 1 on; those in `skipped` do not.
    private(set) var strikes = 0
    private let skipped: Set<Int>
    /// Commands submitted so far; no more than `commandLimit`.
    private(set) var commands = 0
    private let commandLimit: Int
    /// Steps taken, for the report.
    public private(set) var steps = 0
    /// Called when a command is to be submitted.
    var onCommand: (() -> Void)?
    /// Told what a reader of the run would want to know.
    var onNote: ((String) -> Void)?
    private var noted = (from: LogIndex.zero, through: LogIndex.zero)

    init(_ scenario: Scenario) throws {
        chance = Generator(seed: scenario.seed)
        physics = Generator(seed: scenario.seed ^ 0xD15C)
        fate = Generator(seed: scenario.seed ^ 0xFA7E)
        let first = scenario.rounds.first ?? Faults()
        faults = first
        isNarrow = first.isNarrow
        clockDrift = first.clockDrift
        seed = scenario.seed
        skipped = Set(scenario.skipped)
        commandLimit = scenario.commandLimit ?? .max
        ids = (1...UInt64(first.nodes)).map { NodeID($0) }
        founders = Configuration(voters: ids)
        highestID = ids[ids.count - 1]
        for id in ids {
            members[id] = newMember(id)
            if first.upgradeEvery > 0 { members[id]!.newestLevel = .first }
        }
    }

    /// A node that never ran. How fast its clock goes depends on the seed and its number alone.
    func newMember(_ id: NodeID) -> Member {
        var chance = Generator(seed: seed ^ 0xD21F ^ id.rawValue << 32)
        return Member(id: id, clock: SimulatedClock(rate: chance.number(-clockDrift...clockDrift)))
    }

    /// Starts all nodes; they stay the same over all storms.
    func start() throws {
        for id in ids { try start(members[id]!) }
        schedule(.command, after: 1)
    }

    /// Faults of these kinds strike from now on, until calm comes.
    func storm(_ faults: Faults) {
        self.faults = faults
        isStorm = true
        storms += 1
        for kind in Fault.allCases { plan(kind) }
    }

    // MARK: Running

    /// States are compared deeply whenever so many steps were taken.
    static let comparisonSteps = 1_000

    /// Runs until a moment; throws what an oracle found.
    func run(until end: Int64) throws {
        while let time = queue.nextTime, time <= end {
            let happening = queue.removeFirst()
            now = max(now, time)
            steps += 1
            try handle(happening)
            if steps - lastComparison >= Self.comparisonSteps {
                lastComparison = steps
                try compareStates()
            }
        }
        now = max(now, end)
    }

    func schedule(_ happening: Happening, after delay: Int64) {
        queue.insert(happening, at: now + delay)
    }

    private func plan(_ fault: Fault) {
        let mean =
            switch fault {
            case .crash: faults.crashEvery
            case .leave: faults.leaveEvery
            case .cut: faults.cutEvery
            case .clog: faults.clogEvery
            case .pause: faults.pauseEvery
            case .clock: faults.clockSkew > 0 ? 500 : Int64(0)
            case .compact: faults.compactEvery
            case .members: faults.membersEvery
            case .transfer: faults.transferEvery
            case .upgrade: faults.upgradeEvery
            }
        guard mean > 0 else { return }
        schedule(.fault(fault, storm: storms), after: fate.number(1...(2 * mean * 1000)))
    }

    private func strike(_ fault: Fault) throws {
        plan(fault)
        strikes += 1
        guard !skipped.contains(strikes) else { return }
        switch fault {
        case .crash: try crashSomebody()
        case .leave: try leave()
        case .cut: try cutSomewhere()
        case .clog: clogSomewhere()
        case .pause: pauseSomebody()
        case .clock: disturbClock()
        case .compact: try compactSomebody()
        case .members: try changeMembers()
        case .transfer: try handOver()
        case .upgrade: try upgradeSomebody()
        }
    }

    private func command() {
        if commands < commandLimit, let onCommand {
            commands += 1
            onCommand()
        }
        schedule(.command, after: chance.number(1...(2 * max(1, faults.commandEvery) * 1000)))
    }

    /// Tells `onNote`, with what was committed meanwhile in one line before.
    func note(_ text: () -> String) {
        guard let onNote else { return }
        let seconds = "\(now / 1_000_000).\(String(1_000_000 + now % 1_000_000).dropFirst())"
        if noted.through > noted.from {
            onNote("\(seconds)  committed up to \(noted.through)")
            noted.from = noted.through
        }
        onNote("\(seconds)  \(text())")
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
            if isStorm, physics.happens(permille: faults.lostRead) { return }
            if isStorm, physics.happens(permille: faults.failedRead) {
                note { "a read of the log fails at node \(id)" }
                return try end(member, isPowerCut: false)
            }
            let entries = member.disk.read(
                from: request.from, through: request.through, maxBytes: request.maxBytes)
            try turn(member) { $0.entriesRead(entries, from: request.from) }
        case .restart(let id):
            guard !frozen.contains(id), ids.contains(id), let member = members[id] else { return }
            if !member.isRunning { try start(member) }
        case .end(let id, let incarnation):
            guard let member = members[id], member.isRunning,
                member.incarnation == incarnation
            else { return }
            try end(member, isPowerCut: false)
        case .heal(let cut): heal(cut)
        case .unclog(let clog): unclog(clog)
        case .resume(let id):
            if !frozen.contains(id) { try resume(members[id]!) }
        case .fault(let fault, let storm):
            if isStorm, storm == storms { try strike(fault) }
        case .command: command()
        case .snapshot(let transfer): try goOn(transfer)
        case .retire(let id): try retire(id)
        }
    }

    func running(_ id: NodeID, _ incarnation: UInt64) -> Member? {
        guard let member = members[id], member.isRunning,
            member.incarnation == incarnation
        else { return nil }
        guard !member.isPaused else { return nil }
        return member
    }

    // MARK: Turns

    /// An input of a node's loop; its effects are taken at the end of the turn.
    func turn(_ member: Member, _ input: (inout Replica) -> Void) throws {
        guard member.isRunning, !member.isPaused else { return }
        member.process!.replica.timeAdvanced(
            to: member.clock.instant(at: now), wall: member.clock.wall(at: now))
        input(&member.process!.replica)
        guard faults.turn > 0 else { return try finishTurn(member) }
        guard !member.turnIsDue else { return }
        member.turnIsDue = true
        schedule(
            .turn(member.id, incarnation: member.incarnation),
            after: physics.number(0...faults.turn))
    }

    /// The end of a turn: effects until there are none.
    private func finishTurn(_ member: Member) throws {
        member.turnIsDue = false
        var rounds = 0
        while true {
            let effects = member.process!.replica.takeEffects()
            try carryOut(effects, member)
            guard effects.runAgain, member.isRunning else { break }
            rounds += 1
            guard rounds < 10_000 else { throw Violation("node \(member.id) never comes to rest") }
        }
        if member.isRunning { try look(at: &member.process!.replica, of: member) }
    }

    /// What the oracle says of a node after a turn. Lent, since a copy would cost more than a turn.
    private func look(at replica: inout Replica, of member: Member) throws {
        replica.checkInvariants()
        try oracle.looked(at: replica, before: member.seen, nodes: members)
        guard !replica.raft.isRemoved || oracle.members(founders).excludes(member.id) else {
            throw Violation("node \(member.id) takes itself for removed")
        }
        member.seen = Oracle.Seen(
            commit: replica.raft.commit, applied: replica.mark.index,
            members: replica.raft.configuration)
        noted.through = max(noted.through, member.seen.commit)
    }

    func beginWrite(_ member: Member) {
        guard member.disk.beginWrite() else { return }
        var time = physics.number(
            faults.write.lowerBound * 1000 + 50...faults.write.upperBound * 1000 + 100)
        if isStorm && physics.happens(permille: faults.slowWrite) { time *= 100 }
        schedule(.written(member.id, incarnation: member.incarnation), after: time)
    }

    private func carryOut(_ effects: Replica.Effects, _ member: Member) throws {
        if let failure = effects.failure { return try stop(member, failure) }
        if let configuration = effects.configurationChanged, !configuration.voters.isEmpty {
            note {
                "node \(member.id) has voters \(configuration.voters), "
                    + "learners \(configuration.learners)"
            }
        }
        if let change = effects.change, change.role != .follower || change.leader != nil {
            note {
                "node \(member.id) \(Self.told(change)) in term \(change.term)"
            }
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
                let time = physics.number(
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
                after: physics.number(100...2_000))
        }
        for peer in effects.snapshotsWanted { sendSnapshot(from: member, to: peer) }
        if effects.removed {
            note { "node \(member.id) learns that it was removed" }
            schedule(.retire(member.id), after: physics.number(1_000...1_000_000))
        }
        if let deadline = effects.nextDeadline {
            let at = max(now + 1, member.clock.time(of: deadline))
            if at < member.wakeAt {
                member.wakeAt = at
                schedule(.wake(member.id, incarnation: member.incarnation), after: at - now)
            }
        }
    }

    private static func told(_ change: Raft.RoleChange) -> String {
        switch change.role {
        case .follower: "follows \(change.leader.map { "\($0)" } ?? "nobody")"
        case .preCandidate: "asks whether it would be elected"
        case .candidate: "stands for election"
        case .leader: "leads"
        }
    }
}
