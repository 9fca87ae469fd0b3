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
    /// Forms that cuts take, one as likely as the other.
    public var cutShapes: [CutShape] = [.sides]
    /// Chance that a cut works in one direction only.
    public var oneWay = 0
    /// Chance that the ends of a cut notice it (their connections close).
    public var noticed = 500
    /// Mean time between clogs: ways on which nothing arrives for a while, and then everything at
    /// once and in order; 0 is never.
    public var clogEvery: Int64 = 0
    /// How long a way is clogged.
    public var clogLasts: ClosedRange<Int64> = 20...1_000
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
    /// Chance that a crash damages the writes under way: each of their pages is there or is not,
    /// and a start keeps what is whole before the first damage.
    public var tornWrite = 0
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
    /// How far wall clocks are apart, and go from the right time now and then.
    public var clockSkew: Int64 = 0
    /// How they go there.
    public var clockCourse = ClockCourse.steps
    /// How many millionths a node's monotonic clock may be too fast or too slow. That of the first
    /// storm counts for all.
    public var clockDrift: Int64 = 0
    /// Mean time between two commands of the clients.
    public var commandEvery: Int64 = 4
    /// Chance that a command is one of those that people give seldom.
    public var seldom = 0
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
    /// Chance that a read of the log fails, which ends the node.
    public var failedRead = 0
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
    /// Nodes whose state is changed behind the log's back in the middle of the storm, each in
    /// another way. Never drawn: what must come of it is something else than convergence.
    public var corruptNodes = 0

    /// No faults.
    public init() {}

    /// Forms of a cut.
    public enum CutShape: String, Sendable, Hashable, Codable, CaseIterable {
        /// Two sides, each node on either by chance.
        case sides
        /// Two sides; one is of any size, each as likely.
        case sizes
        /// One node apart from all others.
        case one
        /// Two sides that don't see each other, and one node that both see.
        case bridge
        /// Each node sees two neighbours alone; with three nodes it is a bridge.
        case ring
    }

    /// How a wall clock goes wrong.
    public enum ClockCourse: String, Sendable, Hashable, Codable, CaseIterable {
        /// It jumps.
        case steps
        /// It is too fast or too slow, so that it goes ever further.
        case linear
        /// It swings around.
        case periodic
    }
}
