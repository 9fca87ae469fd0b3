import Foundation
import Simulation
import Synchronization

/// The simulation's command line.
enum Program {
    static func run(_ arguments: [String]) -> Int32 {
        do {
            let options = try Options.parse(arguments)
            // A worker that died is found by reading from it.
            signal(SIGPIPE, SIG_IGN)
            if options.isWorker { return Worker.run() }
            if options.wantsHelp {
                print(Options.usage)
                return 0
            }
            if let text = options.scenario {
                let scenario = try JSONDecoder().decode(Scenario.self, from: Data(text.utf8))
                return try one(scenario, options)
            }
            if options.isSingle { return try one(options.scenario(seed: options.first), options) }
            return try many(options)
        } catch let mistake as Options.Mistake {
            complain("roundhouse-sim: \(mistake.message)\n\n\(Options.usage)")
            return 64
        } catch {
            complain("roundhouse-sim: \(error)")
            return 70
        }
    }

    private static func complain(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    // MARK: One seed

    private static func one(_ scenario: Scenario, _ options: Options) throws -> Int32 {
        print("seed \(scenario.seed), \(scenario.rounds[0].nodes) nodes")
        for (number, faults) in scenario.rounds.enumerated() {
            print("storm \(number + 1): \(faults.summary)")
        }
        let child = Child()
        let clock = ContinuousClock()
        let start = clock.now
        let reply = try child.ask(scenario, trace: options.traces ? { print($0) } : nil)
        let wall = Double(milliseconds(clock.now - start)) / 1000
        print(
            """
            \(seconds(reply.milliseconds)) s simulated in \(wall) s: \(reply.steps) steps, \
            \(reply.entries) entries, \(reply.elections) terms with a leader, \(reply.commands) \
            commands, \(reply.faults) faults at a moment, \(reply.acknowledged) updates \
            acknowledged, \(reply.decisions) sessions given in turn
            """)
        guard let violation = reply.violation else {
            print("every promise was kept")
            return 0
        }
        print("VIOLATION: \(violation)")
        if options.shrinks { try shrink(scenario, reply, child) }
        return 1
    }

    private static func shrink(_ scenario: Scenario, _ reply: Reply, _ child: Child) throws {
        print("looking for a smaller run that breaks a promise too ...")
        fflush(nil)
        var trouble: (any Error)?
        var shrinker = Shrinker(scenario, finding(reply)) { candidate in
            do {
                let reply = try child.ask(candidate)
                return reply.violation == nil ? nil : finding(reply)
            } catch {
                trouble = error
                return nil
            }
        }
        shrinker.shrink()
        if let trouble { throw trouble }
        let small = shrinker.scenario
        print("seed \(small.seed), \(small.rounds[0].nodes) nodes")
        for (number, faults) in small.rounds.enumerated() {
            print("storm \(number + 1): \(faults.summary)")
        }
        if let limit = small.commandLimit { print("no more than \(limit) commands") }
        if !small.skipped.isEmpty { print("\(small.skipped.count) faults left out") }
        print("what happens then:")
        var lines: [String] = []
        let last = try child.ask(small) { lines.append($0) }
        if lines.count > shownLines { print("  ... \(lines.count - shownLines) lines before") }
        for line in lines.suffix(shownLines) { print(line) }
        print("VIOLATION: \(last.violation ?? "none, this time")")
        let json = try JSONEncoder().encode(small)
        print("again: roundhouse-sim --trace --scenario '\(String(decoding: json, as: UTF8.self))'")
    }

    /// The longest trace that is printed whole.
    private static let shownLines = 80

    private static func finding(_ reply: Reply) -> Shrinker.Finding {
        Shrinker.Finding(
            violation: reply.violation ?? "", milliseconds: reply.milliseconds,
            faults: reply.faults, commands: reply.commands)
    }

    // MARK: Many seeds

    /// Violations that are printed one by one.
    private static let shownViolations = 20

    private static func many(_ options: Options) throws -> Int32 {
        let clock = ContinuousClock()
        let start = clock.now
        let told = Mutex<UInt64>(0)
        let sum = Many.run(options) { sum in
            let isDue = told.withLock { told in
                guard sum.seeds >= told + 1_000 else { return false }
                told = sum.seeds
                return true
            }
            if isDue {
                print(
                    "\(sum.seeds) seeds, \(sum.entries) entries, \(sum.elections) terms, "
                        + "\(sum.faults) faults, \(sum.acknowledged) updates acknowledged, "
                        + "\(sum.decisions) sessions given, \(sum.broken.count) violations")
                fflush(nil)
            }
        }
        if let trouble = sum.trouble {
            complain("roundhouse-sim: a worker could not be asked: \(trouble)")
            return 70
        }
        let broken = options.untilFound ? Array(sum.broken.prefix(1)) : sum.broken
        for (seed, reply) in broken.prefix(shownViolations) {
            print("seed \(seed): \(reply.violation ?? "")")
        }
        if broken.count > shownViolations {
            print("... and \(broken.count - shownViolations) more")
        }
        if options.shrinks, let (seed, reply) = broken.first {
            try shrink(options.scenario(seed: seed), reply, Child())
        }
        let wall = max(1, milliseconds(clock.now - start))
        var line = "{\"seeds\":\(sum.seeds),\"violations\":\(broken.count),"
        if let (seed, _) = broken.first { line += "\"first\":\(seed)," }
        line += "\"simulated_s\":\(sum.milliseconds / 1000),\"wall_s\":\(seconds(wall))}"
        print(line)
        return broken.isEmpty ? 0 : 1
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1000
            + duration.components.attoseconds / 1_000_000_000_000_000
    }

    private static func seconds(_ milliseconds: Int64) -> String {
        "\(milliseconds / 1000).\(milliseconds % 1000 / 100)"
    }
}
