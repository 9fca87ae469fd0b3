/// Every fault of a simulated run, by name. Times are in milliseconds of simulated time, chances
/// in thousandths.
public struct Faults: Sendable, Hashable, Codable {
    /// Nodes of the cluster.
    public var nodes = 3
    /// How long faults go on; afterwards everything heals and must converge.
    public var stormMilliseconds: Int64 = 8_000
    /// Chance that a frame is lost.
    public var loss = 0
    /// Chance that a frame arrives twice.
    public var duplicate = 0
    /// Shortest and longest way of a frame; different ways reorder frames.
    public var delay: ClosedRange<Int64> = 0...1
    /// Whether frames of one way never overtake each other, as on a real link.
    public var isOrdered = false
    /// Chance that a frame takes ten times as long.
    public var straggler = 0
    /// Mean time between cuts of the network; 0 is never.
    public var cutEvery: Int64 = 0
    /// How long a cut lasts.
    public var cutLasts: ClosedRange<Int64> = 100...2_000
    /// Chance that a cut works in one direction only.
    public var oneWay = 0
    /// Chance that the ends of a cut notice it (their connections close).
    public var noticed = 500
    /// Mean time between crashes; 0 is never.
    public var crashEvery: Int64 = 0
    /// Chance that a crash is a power cut: rows flushed lately are lost too, and nobody notices.
    public var powerCut = 0
    /// Chance that a crash hits a leader, if there is one.
    public var crashLeader = 0
    /// Mean time between orderly ends of a leader; 0 is never.
    public var leaveEvery: Int64 = 0
    /// How long a crashed node is down.
    public var downFor: ClosedRange<Int64> = 10...2_000
    /// Chance that a write under way at a crash reached the disk.
    public var luckyWrite = 500
    /// Shortest and longest time of a synced write.
    public var write: ClosedRange<Int64> = 0...1
    /// Chance that a write takes a hundred times as long.
    public var slowWrite = 0
    /// The longest that a turn gathers events before its effects are taken, in microseconds.
    public var turn: Int64 = 0
    /// Whether batches, windows and queues are so small that they are full all the time.
    public var isNarrow = false
    /// How often rows reach state.db.
    public var flush: ClosedRange<Int64> = 50...150
    /// Mean time between pauses of a node (nothing is lost); 0 is never.
    public var pauseEvery: Int64 = 0
    /// How long a pause lasts.
    public var pauseLasts: ClosedRange<Int64> = 50...1_000
    /// How far wall clocks are apart, and how far they jump now and then.
    public var clockSkew: Int64 = 0
    /// Mean time between two commands of the clients.
    public var commandEvery: Int64 = 4
    /// Mean time between two cuts of some node's log, to what its rows hold durably; 0 is never.
    public var compactEvery: Int64 = 0
    /// Entries that a cut leaves for followers that are a little behind.
    public var trailing: Int64 = 20
    /// Shortest and longest time that a snapshot is under way.
    public var snapshotTakes: ClosedRange<Int64> = 5...200
    /// Chance that a snapshot is lost on its way, noticed or not.
    public var snapshotLoss = 0
    /// Chance that a node dies while it installs a snapshot, before or after the step that counts.
    public var installCrash = 0
    /// Chance that a read of the log is never answered.
    public var lostRead = 0
    /// Mean time between two changes of members that operators ask for; 0 is never.
    public var membersEvery: Int64 = 0
    /// Mean time between hand-overs that operators ask for; 0 is never.
    public var transferEvery: Int64 = 0
    /// Mean time between two steps of an upgrade: the founders begin with a release that knows the
    /// first feature level alone, one after the other is restarted with the newest, and operators
    /// ask for the raise all the time; 0: all know the newest level from the start.
    public var upgradeEvery: Int64 = 0
    /// After the storm a majority alone heals, and must make progress while the rest is frozen.
    public var freezesRest = false

    /// No faults.
    public init() {}

    /// The same faults, denser, in a shorter storm: for many seeds in little time.
    public var brief: Faults {
        var brief = self
        brief.stormMilliseconds /= 5
        brief.cutEvery /= 3
        brief.cutLasts = 50...500
        brief.crashEvery /= 3
        brief.downFor = 10...400
        brief.pauseEvery /= 3
        brief.pauseLasts = 50...400
        brief.leaveEvery /= 3
        brief.compactEvery /= 3
        brief.membersEvery /= 3
        brief.transferEvery /= 3
        brief.upgradeEvery /= 3
        return brief
    }

    /// Leaders that die as soon as they lead, with entries on their way one by one: how entries of
    /// earlier terms come to be on a majority and still be replaced (figure 8 of the paper).
    public static func brokenOffices(seed: UInt64) -> Faults {
        var chance = Generator(seed: seed ^ 0xF18)
        var faults = Faults()
        faults.nodes = chance.pick([3, 5])
        faults.stormMilliseconds = 1_500
        faults.delay = 0...chance.pick([1, 5, 15])
        faults.write = 0...chance.pick([1, 5, 15])
        faults.crashEvery = chance.pick([20, 40, 80])
        faults.downFor = 1...chance.pick([20, 100])
        faults.crashLeader = 900
        faults.luckyWrite = chance.pick([500, 1_000])
        faults.isOrdered = true
        faults.isNarrow = true
        return faults
    }

    /// Any mix of faults, and with it members that come and go, logs that are cut all the time, and
    /// hand-overs.
    public static func restlessMembers(seed: UInt64) -> Faults {
        var chance = Generator(seed: seed ^ 0x3E3B)
        var faults = swarm(seed: seed)
        faults.compactEvery = chance.pick([10, 50, 200])
        faults.trailing = chance.pick([0, 5])
        faults.snapshotTakes = 1...chance.pick([5, 200])
        faults.membersEvery = chance.pick([50, 200, 500])
        faults.transferEvery = chance.pick([0, 300])
        return faults
    }

    /// Any mix of faults while the nodes are upgraded, one after the other.
    public static func upgrade(seed: UInt64) -> Faults {
        var chance = Generator(seed: seed ^ 0x1E7E1)
        var faults = swarm(seed: seed)
        faults.upgradeEvery = chance.pick([150, 400, 900])
        return faults
    }

    /// Faults drawn for a seed: a few kinds, weak or strong, so that every seed is another storm.
    public static func swarm(seed: UInt64) -> Faults {
        var chance = Generator(seed: seed ^ 0x5EED)
        var faults = Faults()
        faults.nodes = chance.pick([1, 3, 3, 3, 3, 5])
        faults.stormMilliseconds = chance.number(2_000...6_000)
        faults.delay = 0...chance.pick([0, 1, 3, 10, 30])
        faults.write = 0...chance.pick([0, 1, 2, 5, 20])
        faults.commandEvery = chance.pick([2, 4, 8, 20])
        if chance.happens(permille: 500) { faults.loss = chance.pick([5, 20, 100, 300]) }
        if chance.happens(permille: 400) { faults.duplicate = chance.pick([10, 100, 500]) }
        if chance.happens(permille: 300) { faults.straggler = chance.pick([5, 50]) }
        if chance.happens(permille: 600) { faults.cutEvery = chance.pick([300, 1_000, 3_000]) }
        if chance.happens(permille: 400) { faults.oneWay = 500 }
        if chance.happens(permille: 700) { faults.crashEvery = chance.pick([200, 700, 2_000]) }
        if chance.happens(permille: 200) { faults.slowWrite = chance.pick([5, 20]) }
        if chance.happens(permille: 300) { faults.pauseEvery = chance.pick([300, 1_500]) }
        if chance.happens(permille: 500) { faults.clockSkew = chance.pick([10, 5_000, 600_000]) }
        faults.crashLeader = chance.pick([0, 500, 1_000])
        faults.isNarrow = chance.happens(permille: 300)
        faults.isOrdered = chance.happens(permille: 500)
        faults.turn = chance.pick([0, 20, 300, 2_000])
        if chance.happens(permille: 300) { faults.powerCut = chance.pick([300, 1_000]) }
        if chance.happens(permille: 300) { faults.leaveEvery = chance.pick([400, 1_500]) }
        faults.luckyWrite = chance.pick([0, 500, 1_000])
        faults.noticed = chance.pick([0, 500, 1_000])
        faults.freezesRest = chance.happens(permille: 500)
        if chance.happens(permille: 400) { faults.compactEvery = chance.pick([20, 100, 500]) }
        faults.trailing = chance.pick([0, 5, 50])
        faults.snapshotTakes = 1...chance.pick([5, 200, 2_000])
        faults.snapshotLoss = chance.pick([0, 100, 500])
        faults.installCrash = chance.pick([0, 300, 1_000])
        if chance.happens(permille: 200) { faults.lostRead = chance.pick([50, 500]) }
        if chance.happens(permille: 350) { faults.membersEvery = chance.pick([200, 600, 2_000]) }
        if chance.happens(permille: 250) { faults.transferEvery = chance.pick([300, 1_500]) }
        return faults
    }
}

extension Faults {
    /// What differs from no faults at all, on one line.
    public var summary: String {
        let usual = Dictionary(
            uniqueKeysWithValues: Mirror(reflecting: Faults()).children.map {
                ($0.label ?? "", "\($0.value)")
            })
        let told = Mirror(reflecting: self).children.compactMap { child -> String? in
            guard let label = child.label, label != "nodes", usual[label] != "\(child.value)"
            else { return nil }
            return "\(label) \(child.value)"
        }
        return told.isEmpty ? "no faults" : told.joined(separator: ", ")
    }
}
