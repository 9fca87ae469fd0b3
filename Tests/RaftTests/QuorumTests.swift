import Raft
import Testing

@Suite struct QuorumTests {
    @Test(arguments: [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (7, 4)])
    func `A majority is more than half`(voters: Int, size: Int) {
        #expect(Quorum.size(of: voters) == size)
    }

    @Test(
        arguments: [
            ([], nil), ([5], 5), ([5, 3], 3), ([3, 5], 3), ([5, 3, 9], 5), ([9, 0, 0], 0),
            ([1, 2, 3, 4], 2), ([5, 4, 3, 2, 1], 3), ([7, 7, 7, 1, 1], 7),
        ] as [([Int], Int?)])
    func `What a majority has reached`(values: [Int], reached: Int?) {
        #expect(Quorum.reached(values) == reached)
        #expect(Quorum.reached(values.reversed()) == reached)
    }

    @Test func `What a majority has reached, against counting, for every small case`() {
        for a in 0..<4 {
            for b in 0..<4 {
                for c in 0..<4 {
                    let values = [a, b, c]
                    let best = (0..<4).filter { v in values.filter { $0 >= v }.count >= 2 }.max()
                    #expect(Quorum.reached(values) == best)
                }
            }
        }
    }

    @Test(
        arguments: [
            (1, 1, 0, .won), (3, 1, 0, .open), (3, 2, 0, .won), (3, 1, 1, .open), (3, 1, 2, .lost),
            (3, 0, 2, .lost), (4, 2, 2, .lost), (4, 2, 1, .open), (4, 3, 1, .won), (5, 2, 3, .lost),
            (5, 2, 2, .open), (2, 1, 1, .lost),
        ] as [(Int, Int, Int, Quorum.Ballot)])
    func `A ballot`(voters: Int, yes: Int, no: Int, ballot: Quorum.Ballot) {
        #expect(Quorum.ballot(voters: voters, yes: yes, no: no) == ballot)
    }
}
