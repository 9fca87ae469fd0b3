/// The arithmetic of majorities, apart from everything else.
public enum Quorum {
    /// How many of `voters` members are a majority.
    public static func size(of voters: Int) -> Int { voters / 2 + 1 }

    /// The largest value that a majority has reached: each voter's value is given once.
    public static func reached<Value: Comparable>(_ values: [Value]) -> Value? {
        guard !values.isEmpty else { return nil }
        var sorted = values
        // Members are few: insertion in descending order costs less than a general sort.
        for i in 1..<max(1, sorted.count) {
            var j = i
            while j > 0, sorted[j - 1] < sorted[j] {
                sorted.swapAt(j - 1, j)
                j -= 1
            }
        }
        return sorted[size(of: sorted.count) - 1]
    }

    /// How a ballot stands.
    public enum Ballot: Hashable, Sendable {
        /// A majority said yes.
        case won
        /// A majority said no.
        case lost
        /// Neither yet.
        case open
    }

    /// How a ballot stands among `voters` members with these yes and no votes.
    public static func ballot(voters: Int, yes: Int, no: Int) -> Ballot {
        let needed = size(of: voters)
        if yes >= needed { return .won }
        // An even number can be split so that nobody reaches a majority.
        if no > voters - needed { return .lost }
        return .open
    }
}
