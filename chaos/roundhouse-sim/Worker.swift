import Foundation
import Simulation

/// What a worker is asked: one line of JSON.
struct Question: Codable {
    var scenario: Scenario
    /// Whether what happens is to be told line by line before the answer.
    var traces = false
}

/// What a worker answers: one line of JSON.
struct Reply: Codable {
    var milliseconds: Int64
    var steps: Int
    var elections: Int
    var commands: Int
    var faults: Int
    var acknowledged: Int
    var decisions: Int
    var entries: UInt64
    /// What must not be; nil when all was well.
    var violation: String?

    init(_ report: Run.Report, violation: String? = nil) {
        milliseconds = report.milliseconds
        steps = report.steps
        elections = report.elections
        commands = report.commands
        faults = report.faults
        acknowledged = report.acknowledged
        decisions = report.decisions
        entries = report.entries
        self.violation = violation
    }
}

/// The process that runs scenarios: apart from the one that asks, because a broken promise may
/// show as a trap.
enum Worker {
    /// Lines that begin so belong to a trace.
    static let tracePrefix = "  "

    static func run() -> Int32 {
        while let line = readLine() {
            guard let question = try? JSONDecoder().decode(Question.self, from: Data(line.utf8))
            else { return 64 }
            let note: ((String) -> Void)? =
                question.traces
                ? { text in
                    print(tracePrefix + text)
                    fflush(nil)
                } : nil
            guard let answer = try? JSONEncoder().encode(reply(question, note)) else { return 70 }
            print(String(decoding: answer, as: UTF8.self))
            fflush(nil)
        }
        return 0
    }

    private static func reply(_ question: Question, _ note: ((String) -> Void)?) -> Reply {
        do {
            return Reply(try Run.run(question.scenario, note: note))
        } catch let failure as Run.Failure {
            return Reply(failure.report, violation: failure.description)
        } catch {
            return Reply(Run.Report(), violation: "\(error)")
        }
    }
}
