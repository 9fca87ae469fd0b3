import Routing
import Testing
import Wire

@testable import Server

@Suite struct ClickRunsTests {
    /// A click with as much text as is ever kept of one, or with less.
    private func click(_ sequence: UInt64, textBytes: Int, fingerprint: UInt64 = 0) -> Click {
        let text = Text([UInt8](repeating: 0x41, count: textBytes))
        return Click(
            key: ClickKey(epoch: 7, sequence: sequence), link: LinkID(1),
            at: LogTime(milliseconds: 5), node: 1, flag: .human, userAgent: text, referrer: text,
            language: text, query: text, fingerprint: fingerprint)
    }

    @Test func `the largest clicks become runs that an entry holds, in their order`() throws {
        let most = ClickIntake.Limits.textBytes
        let clicks = (1...600 as ClosedRange<UInt64>).map {
            click($0, textBytes: most, fingerprint: $0 % 2)
        }
        #expect(ClickRuns.body(of: clicks).count > 1 << 20, "the entry that was refused for ever")
        let runs = ClickRuns.split(clicks, maxBytes: ClickIntake.Limits.batchBytes)
        #expect(runs.count > 1 && runs.flatMap(\.clicks) == clicks)
        for run in runs {
            #expect(run.body.count <= ClickIntake.Limits.batchBytes)
            var reader = ByteReader(run.body)
            #expect(try Command.decode(&reader) == .clicks(run.clicks))
        }
    }

    @Test func `few clicks stay together, and none are no run`() {
        let clicks = (1...100 as ClosedRange<UInt64>).map { click($0, textBytes: 50) }
        #expect(ClickRuns.split(clicks, maxBytes: ClickIntake.Limits.rowBytes).count == 1)
        #expect(ClickRuns.split([], maxBytes: 9).isEmpty)
    }

    @Test func `a click that is longer alone is a run of its own`() {
        let clicks = [click(1, textBytes: 1), click(2, textBytes: 999), click(3, textBytes: 1)]
        let runs = ClickRuns.split(clicks, maxBytes: 300)
        #expect(runs.map { $0.clicks.map(\.key.sequence) } == [[1], [2], [3]])
        #expect(ClickRuns.halves([clicks[0]]) == nil)
    }

    @Test func `one click is never longer than a row`() {
        // Four texts, an address, and five UTM values of 100 bytes that are each written as %XX.
        let most = 4 * ClickIntake.Limits.textBytes + 46 + 5 * 320
        #expect(most < ClickIntake.Limits.rowBytes)
        #expect(ClickIntake.Limits.rowBytes <= ClickIntake.Limits.batchBytes)
    }
}
