import Raft
import Replica
import Routing

/// Processes and machines: starts, crashes, power cuts, pauses, orderly ends, wall clocks.
extension SimulatedCluster {
    func start(_ member: Member) throws {
        member.incarnation = physics.next()
        member.isPaused = false
        member.inbox = []
        member.waiting = [:]
        member.wakeAt = .max
        member.flushIsDue = false
        member.turnIsDue = false
        member.seen = Oracle.Seen(
            commit: member.disk.mark.index, applied: member.disk.mark.index)
        var limits = Replica.Limits()
        // Small enough that a follower that was away is served from the disk.
        limits.raft.tailEntries = 64
        limits.raft.tailBytes = 16_384
        // A thousand simulated milliseconds of history are plenty to compare with.
        limits.rememberedDigests = 1_024
        // Short enough that giving up is part of a storm.
        limits.raft.snapshotPatience = .seconds(3)
        limits.raft.promotionDistance = 64
        limits.raft.farewell = .seconds(1)
        limits.raft.readPatience = .milliseconds(300)
        if isNarrow {
            limits.raft.appendEntries = 1
            limits.raft.committedEntries = 3
            limits.raft.uncommittedEntries = 12
            limits.raft.appendWindow = 1
            limits.forwardBytes = 200
            limits.pendingRequests = 40
        }
        limits.newestLevel = member.newestLevel
        let state = try member.disk.storedState()
        try oracle.restarted(member.id, member.disk.mark)
        let replica = try Replica(
            id: member.id, incarnation: member.incarnation,
            configuration: founders.contains(member.id) ? founders : Configuration(voters: []),
            stored: member.disk.storedLog(tail: 64),
            state: state, mark: member.disk.mark, limits: limits, seed: physics.next(),
            now: member.clock.instant(at: now), wall: member.clock.wall(at: now))
        member.process = Process(replica)
        note {
            "node \(member.id) starts: term \(member.disk.hardState.term), log up to "
                + "\(member.disk.last.index), rows up to \(member.disk.mark.index)"
        }
        try turn(member) { replica in
            for id in ids where id != member.id && members[id]!.isRunning {
                open(&replica, to: id)
            }
        }
        for id in ids where id != member.id {
            // Whoever had not noticed the end learns of it now.
            try turn(members[id]!) { $0.linkClosed(to: member.id) }
            try turn(members[id]!) { open(&$0, to: member.id) }
        }
    }

    /// The running node that leads, if one does.
    var leader: Member? {
        ids.first { members[$0]?.process?.replica.raft.role == .leader }.flatMap { members[$0] }
    }

    func crashSomebody() throws {
        var member = members[fate.pick(ids)]!
        let hitsLeader = fate.happens(permille: faults.crashLeader)
        let isPowerCut = fate.happens(permille: faults.powerCut)
        if hitsLeader, let leader { member = leader }
        guard member.isRunning else { return }
        try end(member, isPowerCut: isPowerCut)
    }

    /// A process ends. Killed, its links close; after a power cut nobody notices.
    func end(_ member: Member, isPowerCut: Bool) throws {
        member.process = nil
        let isTorn = faults.tornWrite > 0 && physics.happens(permille: faults.tornWrite)
        member.disk.crash(
            lucky: { pages in
                if isTorn { return pages.prefix { isWhole(pages: $0) }.count }
                return physics.happens(permille: faults.luckyWrite)
                    ? Int(physics.number(0...Int64(pages.count))) : 0
            }, forgets: { isPowerCut ? Int(physics.number(0...Int64($0))) : 0 })
        note {
            "node \(member.id) \(isPowerCut ? "loses power" : "is killed"): on its disk term "
                + "\(member.disk.hardState.term), log up to \(member.disk.last.index), rows "
                + "up to \(member.disk.mark.index)"
        }
        if !isPowerCut {
            for id in ids where id != member.id {
                try turn(members[id]!) { $0.linkClosed(to: member.id) }
            }
        }
        schedule(
            .restart(member.id),
            after: fate.number(
                faults.downFor.lowerBound * 1000...faults.downFor.upperBound * 1000))
    }

    /// Chance that a page under way at a crash that tears writes is there afterwards.
    private static let pageSurvives = 800

    /// Whether all pages of a torn write are there: only then is it found at the next start.
    private func isWhole(pages: Int) -> Bool {
        (0..<pages).allSatisfy { _ in physics.happens(permille: Self.pageSurvives) }
    }

    /// A leader leaves in order: it hands over, and its process ends a little later.
    func leave() throws {
        let time = fate.number(1_000...400_000)
        guard ids.count > 1, let member = leader, !member.isPaused else { return }
        note { "node \(member.id) is to leave" }
        try turn(member) { $0.leaveRequested() }
        schedule(.end(member.id, incarnation: member.incarnation), after: time)
    }

    func pauseSomebody() {
        let member = members[fate.pick(ids)]!
        let time = fate.number(
            faults.pauseLasts.lowerBound * 1000...faults.pauseLasts.upperBound * 1000)
        guard member.isRunning, !member.isPaused else { return }
        pause(member)
        schedule(.resume(member.id), after: time)
    }

    func pause(_ member: Member) {
        note { "node \(member.id) stands still" }
        member.isPaused = true
    }

    func resume(_ member: Member) throws {
        guard member.isPaused, member.isRunning else { return }
        note { "node \(member.id) goes on" }
        member.isPaused = false
        member.turnIsDue = false
        hearOfLevels(member)
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

    func disturbClock() {
        let member = members[fate.pick(ids)]!
        let skew = fate.number(-faults.clockSkew...faults.clockSkew)
        member.clock.disturb(faults.clockCourse, by: skew, at: now)
        note { "the wall clock of node \(member.id) is wrong by \(skew) ms, \(faults.clockCourse)" }
    }

    // MARK: Calm

    /// Ends all faults: cuts heal, nodes come back, clocks stay as they are.
    func calm() throws {
        note { "calm: everything heals" }
        isStorm = false
        frozen = []
        for cut in cuts { heal(cut) }
        for clog in clogs { unclog(clog) }
        for id in ids {
            let member = members[id]!
            if member.isPaused { try resume(member) }
            if !member.isRunning { try start(member) }
        }
    }

    /// Ends all faults among a majority, and freezes the rest: each of it is down, stands still,
    /// or is cut off from the majority in one direction or both, until `calm`. Gives the majority.
    func freeze() throws -> [NodeID] {
        try calm()
        let majority = Array(ids.shuffled(using: &fate).prefix(Quorum.size(of: ids.count))).sorted()
        let rest = ids.filter { !majority.contains($0) }
        note { "frozen: all but \(majority)" }
        frozen = Set(rest)
        for id in rest {
            let member = members[id]!
            switch fate.number(0...4) {
            case 0: try end(member, isPowerCut: false)
            case 1: pause(member)
            case 2: try cutOff(id, of: majority, hears: false, isHeard: false)
            case 3: try cutOff(id, of: majority, hears: true, isHeard: false)
            default: try cutOff(id, of: majority, hears: false, isHeard: true)
            }
        }
        return majority
    }

    private func cutOff(
        _ id: NodeID, of majority: [NodeID], hears: Bool, isHeard: Bool
    ) throws {
        var blocked: Set<Way> = []
        for other in majority {
            if !hears { blocked.insert(Way(from: other, to: id)) }
            if !isHeard { blocked.insert(Way(from: id, to: other)) }
        }
        _ = try cut(blocked, isNoticed: fate.happens(permille: faults.noticed))
    }
}
