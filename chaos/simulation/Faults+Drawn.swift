/// Storms drawn from seeds.
extension Faults {
    /// The same faults, denser, in a shorter storm: for many seeds in little time.
    public var brief: Faults {
        var brief = self
        brief.stormMilliseconds /= 5
        brief.cutEvery /= 3
        brief.cutLasts = 50...500
        brief.clogEvery /= 3
        brief.clogLasts = 20...300
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

    /// Links that close and open, and are noticed, while nodes stand still and members come and go:
    /// news that is missed.
    public static func missedNews(seed: UInt64) -> Faults {
        var chance = Generator(seed: seed ^ 0x4E35)
        var faults = Faults()
        faults.nodes = chance.pick([1, 3])
        faults.stormMilliseconds = 400
        faults.delay = 0...chance.pick([1, 10, 30])
        faults.isOrdered = true
        faults.cutEvery = 50
        faults.cutLasts = 20...chance.pick([100, 400])
        faults.cutShapes = CutShape.allCases
        faults.noticed = 1_000
        faults.pauseEvery = 30
        faults.pauseLasts = 20...chance.pick([80, 140])
        faults.membersEvery = chance.pick([50, 200])
        faults.commandEvery = 20
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
        faults.drawMore(&chance)
        faults.drawApart(seed)
        return faults
    }

    private mutating func drawMore(_ chance: inout Generator) {
        if chance.happens(permille: 700) {
            cutShapes = CutShape.allCases.filter { _ in chance.happens(permille: 500) }
            if cutShapes.isEmpty { cutShapes = [chance.pick(CutShape.allCases)] }
        }
        if chance.happens(permille: 300) { clogEvery = chance.pick([100, 400, 1_500]) }
        if chance.happens(permille: 300) { tornWrite = chance.pick([300, 1_000]) }
        clockCourse = chance.pick(ClockCourse.allCases)
        if chance.happens(permille: 400) { clockDrift = chance.pick([200, 10_000, 100_000]) }
        if chance.happens(permille: 150) { failedRead = chance.pick([20, 200]) }
    }

    /// What came later is drawn apart, with a number under which seeds that found something keep
    /// their storms as they were. All storms of a run have it or none.
    private mutating func drawApart(_ seed: UInt64) {
        var chance = Generator(seed: (seed & 0xFF_FFFF_FFFF) ^ 0x100_04E7)
        if chance.happens(permille: 300) { seldom = chance.pick([20, 100, 300]) }
        if chance.happens(permille: 150) { upgradeEvery = chance.pick([150, 400, 900]) }
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
