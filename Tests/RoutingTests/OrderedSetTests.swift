import Testing

@testable import Routing

@Suite struct OrderedSetTests {
    @Test(arguments: [UInt64](1...8))
    func `It agrees with a sorted array`(seed: UInt64) {
        var dice = Dice(seed: seed)
        var set = OrderedSet<Int>()
        var plain: [Int] = []
        for _ in 0..<3000 {
            let number = dice.roll(0...2000)
            if dice.once(in: 3) {
                let wasThere = plain.contains(number)
                #expect(set.remove(number) == wasThere)
                plain.removeAll { $0 == number }
            } else if set.insert(number) {
                plain.insert(number, at: plain.firstIndex { $0 > number } ?? plain.count)
            }
        }
        #expect(set.ascending() == plain && set.count == plain.count)
        #expect(set.first == plain.first && set.last == plain.last)
        for _ in 0..<50 {
            let number = dice.roll(-1...2001)
            #expect(set.contains(number) == plain.contains(number))
            #expect(set.firstNotBefore(number) == plain.first { $0 >= number })
            #expect(
                set.ascending(after: number, limit: 7)
                    == Array(plain.filter { $0 > number }.prefix(7)))
            #expect(
                set.descending(before: number, limit: 7)
                    == Array(plain.filter { $0 < number }.suffix(7).reversed()))
        }
    }

    @Test func `Deadlines are served by time, then key, and moved ones only once`() {
        var deadlines = Deadlines<Int>()
        func moment(_ number: Int64) -> LogTime { LogTime(milliseconds: number) }
        deadlines.set(2, moment(10))
        deadlines.set(1, moment(10))
        deadlines.set(3, moment(5))
        deadlines.set(3, moment(20))
        deadlines.set(4, moment(1))
        deadlines.set(4, nil)
        #expect(deadlines.first == moment(10))
        #expect(deadlines.popDue(at: moment(9)) == nil)
        #expect(deadlines.popDue(at: moment(30)) == 1)
        #expect(deadlines.popDue(at: moment(30)) == 2)
        #expect(deadlines.popDue(at: moment(30)) == 3)
        #expect(deadlines.popDue(at: moment(30)) == nil && deadlines.count == 0)
    }
}
