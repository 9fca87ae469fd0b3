import Testing

@testable import Server

@Suite struct BacklogTests {
    @Test func `writes are told at once while few rows wait`() {
        var backlog = Backlog(refusedFrom: 100)
        for id in 1...9 as ClosedRange<UInt64> {
            #expect(backlog.wrote(id, waitingRows: 199) == id)
        }
        #expect(!backlog.isHolding && backlog.look(waitingRows: 0) == nil)
    }

    @Test func `with far too many the newest is held until they are few again`() {
        var backlog = Backlog(refusedFrom: 100)
        #expect(backlog.wrote(1, waitingRows: 200) == nil)
        #expect(backlog.isHolding && backlog.held == 1)
        // Fewer are not yet few.
        #expect(backlog.wrote(2, waitingRows: 150) == nil)
        #expect(backlog.look(waitingRows: 101) == nil)
        #expect(backlog.look(waitingRows: 100) == 2, "which tells of the first one, too")
        #expect(!backlog.isHolding && backlog.held == nil)
        #expect(backlog.wrote(3, waitingRows: 100) == 3)
    }

    @Test func `a write that comes when they are few again ends it as well`() {
        var backlog = Backlog(refusedFrom: 100)
        #expect(backlog.wrote(1, waitingRows: 500) == nil)
        #expect(backlog.wrote(2, waitingRows: 20) == 2)
        #expect(!backlog.isHolding && backlog.look(waitingRows: 0) == nil)
    }
}
