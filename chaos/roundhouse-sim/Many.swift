import Foundation
import Simulation
import Synchronization

/// Many seeds, over several worker processes.
struct Many {
    /// What came of all.
    struct Sum: Sendable {
        var seeds: UInt64 = 0
        var milliseconds: Int64 = 0
        var steps = 0
        var entries: UInt64 = 0
        var elections = 0
        var acknowledged = 0
        var decisions = 0
        var faults = 0
        /// Seeds that broke a promise, and which.
        var broken: [(seed: UInt64, reply: Reply)] = []
        /// The first failure to run a worker at all.
        var trouble: String?
    }

    private struct State {
        var next: UInt64
        var end: UInt64
        var sum = Sum()
    }

    /// Runs them; with `untilFound` no seed after the first broken one counts.
    static func run(_ options: Options, progress: @escaping @Sendable (Sum) -> Void) -> Sum {
        let state = Mutex(State(next: options.first, end: options.first + options.count))
        DispatchQueue.concurrentPerform(iterations: options.jobs) { _ in
            let child = Child()
            while let seed = take(state) {
                do {
                    let reply = try child.ask(options.scenario(seed: seed))
                    let sum = state.withLock { state in
                        add(reply, of: seed, options, &state)
                        return state.sum
                    }
                    progress(sum)
                } catch {
                    state.withLock {
                        $0.sum.trouble = "seed \(seed): \(error)"
                        $0.end = 0
                    }
                }
            }
        }
        return state.withLock { state in
            state.sum.broken.sort { $0.seed < $1.seed }
            return state.sum
        }
    }

    private static func take(_ state: borrowing Mutex<State>) -> UInt64? {
        state.withLock { state in
            guard state.next < state.end else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    private static func add(
        _ reply: Reply, of seed: UInt64, _ options: Options, _ state: inout State
    ) {
        state.sum.seeds += 1
        state.sum.milliseconds += reply.milliseconds
        state.sum.steps += reply.steps
        state.sum.entries += reply.entries
        state.sum.elections += reply.elections
        state.sum.acknowledged += reply.acknowledged
        state.sum.decisions += reply.decisions
        state.sum.faults += reply.faults
        guard reply.violation != nil else { return }
        state.sum.broken.append((seed, reply))
        // Seeds before this one are under way or done; the least of the broken ones is the first.
        if options.untilFound { state.end = min(state.end, seed) }
    }
}
