import Wire

/// Something that is to go wrong with the next calls of a bot.
struct Fault {
    /// What happens.
    enum Effect {
        /// The call is not done and this error is answered.
        case fail(code: Int, description: Text, retryAfter: Int?)
        /// The call is not done and the connection is closed without an answer.
        case drop
        /// The call is done and the connection is closed without an answer.
        case dropAfterwards
        /// The call is done, after this many milliseconds.
        case delay(milliseconds: Int)
        /// The call is done now and answered after this many milliseconds.
        case delayAnswer(milliseconds: Int)
    }

    /// In lower case; "*" is every method.
    let method: String
    let effect: Effect
    /// How many calls it still meets.
    var remaining: Int
}

/// What was asked to go wrong, first come, first served.
struct FaultList {
    private(set) var faults: [Fault] = []

    /// Faults at once; further ones are refused.
    static let limit = 1000

    /// Adds one at the end; false when there are too many.
    mutating func add(_ fault: Fault) -> Bool {
        guard faults.count < Self.limit else { return false }
        faults.append(fault)
        return true
    }

    /// Forgets all of them.
    mutating func clear() { faults = [] }

    /// The fault that a call of this method meets, used up by one.
    mutating func take(for method: String) -> Fault.Effect? {
        guard let index = faults.firstIndex(where: { $0.method == "*" || $0.method == method })
        else { return nil }
        let effect = faults[index].effect
        faults[index].remaining -= 1
        if faults[index].remaining <= 0 { faults.remove(at: index) }
        return effect
    }
}
