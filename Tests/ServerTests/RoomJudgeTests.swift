import Replica
import Testing

@testable import Server

@Suite struct RoomJudgeTests {
    /// Bytes in sixteenths of the mark, and what is judged then, one after the other.
    @Test func `Room is judged with a margin before it is well again`() {
        var judge = RoomJudge(mark: 1_600)
        let story: [(sixteenths: UInt64, room: Room)] = [
            (16, .ok), (15, .low), (16, .low), (17, .low), (18, .ok), (17, .ok), (16, .ok),
            (9, .low), (8, .low), (7, .full), (8, .full), (9, .full), (10, .low), (9, .low),
            (0, .full), (17, .low), (0, .full), (18, .ok),
        ]
        for (place, step) in story.enumerated() {
            judge.look(step.sixteenths * 100)
            #expect(judge.room == step.room, "step \(place)")
        }
        judge.foundNone()
        #expect(judge.room == .full)
        judge.look(900)
        #expect(judge.room == .full)
    }

    @Test func `The reserve is a quarter of the mark, and not more than what is needed`() {
        #expect(RoomJudge(mark: 4 << 20).reserve == 1 << 20)
        #expect(RoomJudge(mark: 256 << 20).reserve == 64 << 20)
        #expect(RoomJudge(mark: 1 << 40).reserve == RoomJudge.maxReserve)
    }
}
