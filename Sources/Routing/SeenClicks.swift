import Wire

/// Clicks seen before, by spool epoch: an epoch lasts from start to end of a node's process.
struct SeenClicks: Equatable, Sendable {
    /// The clicks of one epoch.
    struct Epoch: Equatable, Sendable {
        var epoch: UInt64
        var seen: SeenIntervals
    }
    /// A spool holds clicks for as long as its node finds no leader: be patient.
    static let lifetimeMilliseconds: Int64 = 30 * 86_400_000
    /// How many epochs are kept.
    static let epochLimit = 256
    /// How many intervals of an epoch are kept.
    static let intervalLimit = 512

    /// Ascending.
    private(set) var epochs: [Epoch] = []

    /// Whether the click's row has come.
    func contains(_ key: ClickKey) -> Bool {
        let place = place(of: key.epoch)
        guard place < epochs.count, epochs[place].epoch == key.epoch else { return false }
        return epochs[place].seen.contains(Int64(bitPattern: key.sequence))
    }

    /// Adds a click; gives what changed in its epoch and the epochs forgotten for a new one.
    mutating func insert(
        _ key: ClickKey, at time: LogTime
    ) -> (change: SeenIntervals.Change, forgotten: [Epoch]) {
        var forgotten: [Epoch] = []
        if !has(key.epoch) { forgotten = forget(at: time) }
        let place = open(key.epoch)
        let change = epochs[place].seen.insert(Int64(bitPattern: key.sequence), at: time)
        return (change, forgotten)
    }

    /// Takes back a stored interval.
    mutating func load(_ epoch: UInt64, _ interval: SeenIntervals.Interval) {
        let place = open(epoch)
        epochs[place].seen.load(interval)
    }

    /// Makes room for a new epoch: the stale ones go, and the longest unused if there are too many.
    private mutating func forget(at time: LogTime) -> [Epoch] {
        let horizon = time.adding(milliseconds: -Self.lifetimeMilliseconds)
        var forgotten = epochs.filter { $0.lastUse < horizon }
        epochs.removeAll { $0.lastUse < horizon }
        while epochs.count >= Self.epochLimit {
            var oldest = 0
            for index in epochs.indices where epochs[index].lastUse < epochs[oldest].lastUse {
                oldest = index
            }
            forgotten.append(epochs.remove(at: oldest))
        }
        return forgotten
    }

    private func has(_ epoch: UInt64) -> Bool {
        let place = place(of: epoch)
        return place < epochs.count && epochs[place].epoch == epoch
    }

    private mutating func open(_ epoch: UInt64) -> Int {
        let place = place(of: epoch)
        if place == epochs.count || epochs[place].epoch != epoch {
            let seen = SeenIntervals(
                lifetimeMilliseconds: Self.lifetimeMilliseconds, capacity: Self.intervalLimit)
            epochs.insert(Epoch(epoch: epoch, seen: seen), at: place)
        }
        return place
    }

    /// The index of the first epoch that is not less.
    private func place(of epoch: UInt64) -> Int {
        var low = 0
        var high = epochs.count
        while low < high {
            let middle = (low + high) / 2
            if epochs[middle].epoch < epoch { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension SeenClicks.Epoch {
    /// When any of its intervals was used last.
    var lastUse: LogTime {
        seen.intervals.map(\.lastUse).max() ?? LogTime(milliseconds: .min)
    }
}

extension RoutingState {
    /// Whether the update was seen before; from now on it was.
    mutating func noteSeen(_ updateID: Int64, in slot: Int) -> Bool {
        // After a quiet week Telegram counts on from anywhere, perhaps from within what was seen
        // long ago: at the first level such an update counted as a duplicate.
        let change =
            level >= .second
            ? rooms[slot].seen.insertFresh(updateID, at: now.time)
            : rooms[slot].seen.insert(updateID, at: now.time)
        draft.applied.write(change, .seenUpdates, rooms[slot].project.id.rawValue)
        return change.isDuplicate
    }

    /// Whether the click was seen before; from now on it was.
    mutating func noteSeen(_ key: ClickKey) -> Bool {
        let (change, forgotten) = seenClicks.insert(key, at: now.time)
        for epoch in forgotten {
            for interval in epoch.seen.intervals {
                draft.applied.write(
                    .seenClicks, Int64(bitPattern: epoch.epoch), interval.first, as: nil)
            }
        }
        draft.applied.write(change, .seenClicks, Int64(bitPattern: key.epoch))
        return change.isDuplicate
    }
}

extension Applied {
    /// The rows of a changed set of intervals.
    mutating func write(_ change: SeenIntervals.Change, _ table: RowTable, _ major: Int64) {
        for first in change.deleted { write(table, major, first, as: nil) }
        write(table, major, change.written.first, as: change.written.encoded())
    }
}
