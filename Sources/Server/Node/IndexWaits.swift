import Raft
import Transport

/// Requests that wait until this node has applied what their sender saw elsewhere. Loop's thread
/// only.
final class IndexWaits {
    /// Bounds of waiting for an index.
    enum Limits {
        /// So long a request waits; a node that is further behind is the wrong one to ask.
        static let patience: Duration = .seconds(2)
        /// Requests that wait at a time; more are refused.
        static let waiting = 1_000
    }
    private struct Wait {
        var index: LogIndex
        var completion: (Bool) -> Void
    }

    private let loop: EventLoop
    private var waits: [UInt64: Wait] = [:]
    private var next: UInt64 = 0
    /// No wait is for less.
    private var least = LogIndex(.max)

    init(loop: EventLoop) { self.loop = loop }

    /// How many wait.
    var count: Int { waits.count }

    /// Calls the completion with true once `applied` has told of this index, with false when
    /// that takes too long or too many wait.
    func wait(for index: LogIndex, completion: @escaping (Bool) -> Void) {
        guard waits.count < Limits.waiting else { return completion(false) }
        let number = next
        next += 1
        waits[number] = Wait(index: index, completion: completion)
        least = min(least, index)
        _ = loop.schedule(after: Limits.patience) { [weak self] in
            self?.waits.removeValue(forKey: number)?.completion(false)
        }
    }

    /// The node has applied up to here.
    func applied(_ index: LogIndex) {
        guard least <= index else { return }
        let ready = waits.filter { $0.value.index <= index }.keys.sorted()
        let completions = ready.compactMap { waits.removeValue(forKey: $0)?.completion }
        least = waits.values.map(\.index).min() ?? LogIndex(.max)
        for completion in completions { completion(true) }
    }
}
