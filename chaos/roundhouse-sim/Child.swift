import Foundation
import Simulation

/// A worker process, as its parent sees it; started again when it died.
final class Child {
    private var process: Process?
    private var input: FileHandle?
    private var output: FileHandle?
    private var errors: FileHandle?
    private var received = Data()

    deinit { stop() }

    /// Runs a scenario in the worker. One that ends the worker is answered as a violation.
    func ask(_ scenario: Scenario, trace: ((String) -> Void)? = nil) throws -> Reply {
        if process == nil { try start() }
        var line = try JSONEncoder().encode(
            Question(scenario: scenario, traces: trace != nil))
        line.append(UInt8(ascii: "\n"))
        try input?.write(contentsOf: line)
        while let answer = nextLine() {
            if answer.hasPrefix(Worker.tracePrefix) {
                trace?(answer)
                continue
            }
            return try JSONDecoder().decode(Reply.self, from: Data(answer.utf8))
        }
        return Reply(Run.Report(), violation: died())
    }

    private func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--worker"]
        var environment = ProcessInfo.processInfo.environment
        // Of a trap the place is wanted, and no more.
        environment["SWIFT_BACKTRACE"] =
            "enable=yes,color=no,threads=crashed,registers=none,images=none,interactive=no"
        process.environment = environment
        let questions = Pipe()
        let answers = Pipe()
        process.standardInput = questions
        process.standardOutput = answers
        let complaints = Pipe()
        process.standardError = complaints
        try process.run()
        self.process = process
        input = questions.fileHandleForWriting
        output = answers.fileHandleForReading
        errors = complaints.fileHandleForReading
        received = Data()
    }

    private func nextLine() -> String? {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: received[received.startIndex..<end], as: UTF8.self)
                received.removeSubrange(received.startIndex...end)
                return line
            }
            guard let more = output?.availableData, !more.isEmpty else { return nil }
            received.append(more)
        }
    }

    private func died() -> String {
        guard let process else { return "the worker could not be asked" }
        let told = errors.map { String(decoding: $0.readDataToEndOfFile(), as: UTF8.self) } ?? ""
        process.waitUntilExit()
        let how = process.terminationReason == .uncaughtSignal ? "signal" : "status"
        let what = "the process ended with \(how) \(process.terminationStatus)"
        stop()
        return "a trap: \(what)\(Self.place(in: told))"
    }

    /// Where the product's own code trapped: the first frames of a backtrace that name it.
    private static func place(in backtrace: String) -> String {
        let lines = backtrace.split(separator: "\n")
        let fatal = lines.first { $0.contains("Fatal error:") }.map { ": \($0)" } ?? ""
        let places = lines.compactMap { line -> Substring? in
            guard let at = line.range(of: " at ", options: .backwards) else { return nil }
            let path = line[at.upperBound...]
            for folder in ["/Sources/", "/chaos/"] {
                guard let start = path.range(of: folder) else { continue }
                return path[path.index(after: start.lowerBound)...]
            }
            return nil
        }
        return fatal + places.prefix(3).map { ", \($0)" }.joined()
    }

    private func stop() {
        try? input?.close()
        if let process, process.isRunning { process.waitUntilExit() }
        try? output?.close()
        try? errors?.close()
        process = nil
        input = nil
        output = nil
    }
}
