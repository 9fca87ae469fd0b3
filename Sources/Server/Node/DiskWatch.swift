import Replica
import Storage
import Transport

/// Judges how much room a disk has, with a margin before it is well again. The reserve counts as
/// room: releasing it changes nothing.
struct RoomJudge {
    /// Bytes below which room is low.
    let mark: UInt64
    private(set) var room = Room.ok

    /// With less than this the disk counts as full.
    var fullBelow: UInt64 { mark / 2 }
    /// As much more than a bound ends what began below it.
    var margin: UInt64 { mark / 8 }
    /// How large the reserve is.
    var reserve: UInt64 { min(mark / 4, RoomJudge.maxReserve) }
    /// No reserve is larger: what must be finished is not more where the mark is high.
    static let maxReserve: UInt64 = 64 << 20

    /// A judge with this mark.
    init(mark: UInt64) { self.mark = mark }

    /// There are so many bytes now, the reserve counted.
    mutating func look(_ bytes: UInt64) {
        let isFull = bytes < fullBelow + (room == .full ? margin : 0)
        let isLow = bytes < mark + (room == .ok ? 0 : margin)
        room = isFull ? .full : isLow ? .low : .ok
    }

    /// A write found no room.
    mutating func foundNone() { room = .full }
}

/// Watches the disk of the data directory, from a thread where a look may take its time, and keeps
/// the reserve: made while there is room, released when the disk is full. Loop's thread only.
final class DiskWatch: @unchecked Sendable {  // other threads only carry it to `loop.post`
    /// Between two looks.
    static let interval: Duration = .seconds(1)

    private unowned let node: Node
    private let pool: WorkerPool
    private let reserve: DiskReserve
    private var judge: RoomJudge
    private var isLooking = false
    /// Told while a look was under way.
    private var foundNone = false
    /// Bytes that may still be written, without the reserve; nil while it can't be told.
    private(set) var free: UInt64?
    /// Bytes that the reserve holds.
    private(set) var held: UInt64 = 0
    private var saidNoReserve = false

    init(node: Node, pool: WorkerPool) {
        self.node = node
        self.pool = pool
        judge = RoomJudge(mark: node.configuration.limits.diskReserveBytes)
        reserve = DiskReserve(in: node.stores.directory, size: judge.reserve)
    }

    /// How much room there is.
    var room: Room { judge.room }

    /// What an operator should know; nil while there is enough room.
    var text: String? {
        guard room != .ok else { return nil }
        let bytes = free.map { "\($0 >> 20) MiB free" } ?? "no room found"
        let what = room == .full ? "is full" : "has little room"
        return "the disk of \(node.stores.directory.path) \(what) (\(bytes)); make room, "
            + "\((judge.mark + judge.margin) >> 20) MiB end this"
    }

    /// Begins to look.
    func start() {
        look()
        again()
    }

    private func again() {
        _ = node.loop.schedule(after: DiskWatch.interval) { [weak self] in
            guard let self, !node.isStopping else { return }
            look()
            again()
        }
    }

    /// A write found no room; it is tried again.
    func foundNoRoom(_ error: StorageError) {
        guard !node.isStopping else { return }
        node.metrics.count(.writesWithoutRoom)
        foundNone = true
        look()
    }

    private func look() {
        guard !isLooking else { return }
        isLooking = true
        // The reserve goes before anything is judged: somebody waits for room.
        let (reserve, path, isNeeded) = (reserve, node.stores.directory.path, foundNone)
        let started = pool.submit(on: node.loop) { () -> (free: UInt64?, held: UInt64) in
            if isNeeded { reserve.release() }
            return (DiskRoom.free(at: path), reserve.held)
        } completion: { [weak self] found in
            self?.looked(found.free, held: found.held)
        }
        if !started { isLooking = false }
    }

    private func looked(_ free: UInt64?, held: UInt64) {
        isLooking = false
        guard !node.isStopping else { return }
        (self.free, self.held) = (free, held)
        let before = room
        if let free { judge.look(free + held) }
        if foundNone {
            foundNone = false
            judge.foundNone()
        }
        if room != before { changed() }
        switch room {
        case .full where held > 0: release()
        case .ok where held < reserve.size, .low where held < reserve.size: make()
        case .ok, .low, .full: break
        }
    }

    private func changed() {
        node.roomChanged(to: room)
        let fields: KeyValuePairs<String, LogValue> = [
            "room": .text("\(room)"), "freeBytes": .count(free ?? 0),
            "lowBelowBytes": .count(judge.mark), "fullBelowBytes": .count(judge.fullBelow),
        ]
        switch room {
        case .ok: node.log.info("the disk has room again", fields)
        case .low: node.log.warning(text ?? "", fields)
        case .full: node.log.error(text ?? "", fields)
        }
    }

    private func release() {
        let reserve = reserve
        isLooking = true
        let started = pool.submit(on: node.loop) {
            reserve.release()
        } completion: { [weak self] in
            guard let self else { return }
            isLooking = false
            held = 0
            node.log.warning("the reserve is released", ["bytes": .count(reserve.size)])
        }
        if !started { isLooking = false }
    }

    private func make() {
        let reserve = reserve
        isLooking = true
        let started = pool.submit(on: node.loop) { () -> StorageError? in
            do throws(StorageError) {
                try reserve.make()
                return nil
            } catch {
                return error
            }
        } completion: { [weak self] error in
            self?.made(error)
        }
        if !started { isLooking = false }
    }

    private func made(_ error: StorageError?) {
        isLooking = false
        guard let error else {
            held = reserve.size
            return saidNoReserve = false
        }
        guard !saidNoReserve else { return }
        saidNoReserve = true
        node.log.warning("no reserve could be made", ["reason": .text(error.description)])
    }
}

extension Node {
    /// Whether what needs the log is refused here: this node could not write it and so would never
    /// answer it, or, as the leader, knows that no majority could.
    var isOutOfRoom: Bool { disk.room == .full || replica.lacksRoom }

    /// What to say then.
    var outOfRoom: Problem { disk.room == .full ? .diskFull : .disksFull }
}

extension Problem {
    /// This node's own disk.
    static let diskFull = Problem(
        503, "disk_full", "The disk of this node is full",
        detail: "The node can still be read but takes no changes. Nothing was changed.",
        hint: "Use another node; an operator must make room on this one's disk.")
    /// Those of a majority.
    static let disksFull = Problem(
        503, "disks_full", "The disks of the cluster are full",
        detail: "The disks of so many nodes are full that no majority could keep a change. "
            + "Nothing was changed.",
        hint: "An operator must make room: `roundhouse status` shows on which nodes.")
}
