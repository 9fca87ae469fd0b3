/// When the thread of state.db walks on over all rows, and how that stands: steps so small that
/// writes don't wait for them, with pauses that keep to a rate. Confined to the thread.
struct ScrubSchedule {
    private let store: StateStore
    private let limits: StateWriter.Limits
    private let report: @Sendable (ScrubProgress) -> Void
    private let onBadRows: @Sendable (StorageError) -> Void
    private var progress = ScrubProgress()
    private var isUnderWay = false
    /// When the next step is due.
    private(set) var due: Int64

    /// Begins after a rest: a node that starts has other things to do.
    init(
        _ store: StateStore, _ limits: StateWriter.Limits,
        report: @escaping @Sendable (ScrubProgress) -> Void,
        onBadRows: @escaping @Sendable (StorageError) -> Void
    ) {
        self.store = store
        self.limits = limits
        self.report = report
        self.onBadRows = onBadRows
        due = monotonicNanoseconds() + nanoseconds(limits.scrubDelay)
    }

    /// A step of the walk; a failure ends the walk, not the thread.
    mutating func step() {
        do throws(StorageError) {
            if !isUnderWay { try store.beginScrub() }
            isUnderWay = true
            let step = try store.stepScrub(bytes: limits.scrubStepBytes)
            (progress.rows, progress.of) = store.scrubbed
            switch step {
            case .read(let bytes):
                let rate = max(1, Int64(limits.scrubBytesPerSecond))
                due = monotonicNanoseconds() + Int64(bytes) * 1_000_000_000 / rate
            case .isOver:
                progress.passes += 1
                progress.lastPass = monotonicNanoseconds()
                rest()
            }
            report(progress)
        } catch {
            rest()
            onBadRows(error)
        }
    }

    private mutating func rest() {
        store.endScrub()
        isUnderWay = false
        due = monotonicNanoseconds() + nanoseconds(limits.scrubRest)
    }
}

/// A duration as a number.
func nanoseconds(_ duration: Duration) -> Int64 {
    let parts = duration.components
    return parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
}
