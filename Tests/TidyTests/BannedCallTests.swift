import Testing

/// Calls that break a wall of the house.
@Suite struct BannedCallTests {
    /// A rule: what a code line must not contain, where, and why.
    struct Ban: Sendable, CustomTestStringConvertible {
        let text: String
        let why: String
        var testDescription: String { text }
    }

    /// In pure rooms time and randomness arrive from outside, and nothing is printed.
    static let inPureRooms = [
        Ban(text: "ContinuousClock", why: "time arrives as an argument"),
        Ban(text: "SuspendingClock", why: "time arrives as an argument"),
        Ban(text: "SystemRandomNumberGenerator", why: "randomness is injected"),
        Ban(text: ".random(in:", why: "randomness is injected"),
        Ban(text: ".randomElement()", why: "randomness is injected"),
        Ban(text: ".shuffled()", why: "randomness is injected"),
        Ban(text: "Date()", why: "time arrives as an argument"),
        Ban(text: ".hashValue", why: "differs from process to process"),
        Ban(text: "Hasher()", why: "differs from process to process"),
        Ban(text: "print(", why: "pure rooms have no output"),
        Ban(text: "Task {", why: "pure rooms have no tasks"),
        Ban(text: "Task.detached", why: "pure rooms have no tasks"),
        Ban(text: " async ", why: "pure rooms don't wait"),
        Ban(text: "await ", why: "pure rooms don't wait"),
        Ban(text: "NSRegularExpression", why: "matching depends on the library's version"),
        Ban(text: "Regex(", why: "matching depends on the library's version"),
    ]
    /// Nowhere in the product.
    static let inSources = [
        Ban(text: "fatalError()", why: "a trap says what was wrong"),
        Ban(text: "DispatchQueue.main", why: "nothing runs on the main queue"),
        Ban(text: "Thread.sleep", why: "nothing waits without a reason to wake"),
        Ban(text: "Task.sleep", why: "nothing waits without a reason to wake"),
        Ban(text: "unsafeBitCast", why: "memory stays typed"),
    ]
    static let inTests = [
        Ban(text: "Thread.sleep", why: "advance a clock or wait for a condition"),
        Ban(text: "Task.sleep", why: "advance a clock or wait for a condition"),
        Ban(text: "usleep(", why: "advance a clock or wait for a condition"),
        Ban(text: "nanosleep(", why: "advance a clock or wait for a condition"),
        Ban(text: " sleep(", why: "advance a clock or wait for a condition"),
        Ban(text: ".disabled(", why: "there are no skipped tests"),
        Ban(text: "withKnownIssue", why: "an issue that is known is repaired"),
    ]

    @Test("Pure rooms have no clock, no chance, no output, no tasks", arguments: inPureRooms)
    func pureRooms(_ ban: Ban) {
        check(ban, in: SourceTree.files("swift").filter { isPure($0) })
    }

    @Test("Calls that the product never makes", arguments: inSources)
    func product(_ ban: Ban) {
        check(ban, in: SourceTree.files("swift").filter { $0.room != nil })
    }

    @Test("Tests don't sleep and don't skip", arguments: inTests)
    func tests(_ ban: Ban) {
        let here = "Tests/TidyTests/BannedCallTests.swift"
        check(
            ban,
            in: SourceTree.files("swift").filter { $0.path.hasPrefix("Tests/") && $0.path != here })
    }

    @Test("Python tests don't sleep and don't skip")
    func pythonTests() {
        let bans = [
            "time.sleep(", "asyncio.sleep(", "pytest.mark.skip", "pytest.skip(", "mark.xfail",
        ]
        for file in SourceTree.files("py") where file.path.hasPrefix("Tests/") {
            for (number, line) in file.lines.enumerated() {
                for ban in bans where line.contains(ban) {
                    Issue.record("\(file.path):\(number + 1) has \(ban)")
                }
            }
        }
    }

    @Test("What the compiler can't check carries its proof")
    func proofs() {
        let marks = ["@unchecked Sendable", "nonisolated(unsafe)", "try!"]
        for file in SourceTree.files("swift") where file.room != nil {
            for (number, line) in file.code where marks.contains(where: { line.contains($0) }) {
                // Several such declarations in a row may share the reason above them.
                let above =
                    file.lines[..<(number - 1)].reversed()
                    .drop { line in marks.contains { line.contains($0) } }.first ?? ""
                #expect(
                    file.lines[number - 1].contains("//") || above.contains("//"),
                    "\(file.path):\(number) has no reason on its line or the one above")
            }
        }
    }

    @Test("The system's randomness enters through Crypto and Server alone")
    func randomness() {
        for file in SourceTree.files("swift") {
            guard let room = file.room, !["Crypto", "Server"].contains(room) else { continue }
            for (number, line) in file.code where line.contains("RAND_bytes") {
                Issue.record("\(file.path):\(number) draws randomness")
            }
        }
    }

    private func isPure(_ file: SourceTree.File) -> Bool {
        file.room.map { LayeringTests.pure.contains($0) } ?? false
    }

    private func check(_ ban: Ban, in files: [SourceTree.File]) {
        for file in files {
            for (number, line) in file.code where line.contains(ban.text) {
                Issue.record("\(file.path):\(number) has \(ban.text): \(ban.why)")
            }
        }
    }
}
