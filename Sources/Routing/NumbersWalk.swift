/// Walks through one session's history, oldest first, and adds what it tells to `Numbers`.
public struct NumbersWalk: Sendable {
    /// A customer's message that opened the session or opened it again, and what came of it.
    private struct Opening {
        var at: LogTime
        /// The project was closed and held it.
        var isHeld: Bool
        var isGiven = false
        var isAnswered = false
        var lastAnswer: LogTime?
        /// How it ended and whose it was; taken back when an agent opens it again.
        var resolved: (owner: AgentID?, milliseconds: Int64)?
    }
    /// Whose the session is.
    private struct Owning {
        var agent: AgentID
        var since: LogTime
        var isAnswered = false
    }

    private var opening: Opening?
    private var owning: Owning?

    /// A walk that begins.
    public init() {}

    /// Takes the next item.
    public mutating func take(_ item: HistoryItem, into numbers: inout Numbers) {
        let at = item.at
        switch item.what {
        case .inbound(let inbound):
            guard inbound.opening != .none else { return }
            open(at, item.decision, &numbers)
        case .assigned: give(item.decision, at, &numbers)
        case .claimed(let agent, _): give(to: agent, isReceiving: true, at, &numbers)
        case .transferred(let from, let to, _, _):
            if let from { numbers.countHandOver(from, to, at) }
            give(to: to, isReceiving: item.decision?.choseReceiving ?? true, at, &numbers)
        case .tookOver(_, let agent), .reopened(let agent):
            opening?.resolved = nil
            give(to: agent, isReceiving: true, at, &numbers)
        case .handedOver(let from, let to):
            numbers.countHandOver(from, to, at)
            give(to: to, isReceiving: item.decision?.choseReceiving ?? true, at, &numbers)
        case .gaveBack(let agent), .requeued(let agent), .rerouted(let agent, _):
            numbers.countBounce(agent, at)
            release(at, &numbers)
            give(item.decision, at, &numbers)
        case .outbound(let outbound): answer(outbound.agent, at, &numbers)
        case .completed: resolve(at, &numbers)
        case .autoCompleted: resolve(opening?.lastAnswer ?? at, endingAt: at, &numbers)
        case .barred(_, true): end(at, &numbers)
        case .blocked(true): if owning == nil { end(at, &numbers) }
        case .unreachable(let why): if why.isFinal, owning == nil { end(at, &numbers) }
        case .revised, .rewritten, .edited, .callback, .alerted, .barred, .flooded, .blocked,
            .noted, .remarked, .tagged, .moderated:
            return
        }
    }

    /// Nothing more is in the history.
    public mutating func finish(into numbers: inout Numbers) {
        release(numbers.now, &numbers)
        close(at: numbers.now, &numbers)
    }

    private mutating func open(_ at: LogTime, _ decision: Decision?, _ numbers: inout Numbers) {
        release(at, &numbers)
        close(at: at, &numbers)
        opening = Opening(at: at, isHeld: decision?.way == .held)
        if numbers.span.contains(at) { numbers.all.sessions += 1 }
        give(decision, at, &numbers)
    }

    private mutating func give(
        _ decision: Decision?, _ at: LogTime, _ numbers: inout Numbers
    ) {
        guard let decision, let agent = decision.chosen else { return }
        give(to: agent, isReceiving: decision.choseReceiving, at, &numbers)
    }

    private mutating func give(
        to agent: AgentID, isReceiving: Bool, _ at: LogTime, _ numbers: inout Numbers
    ) {
        release(at, &numbers)
        owning = Owning(agent: agent, since: at)
        if numbers.span.contains(at) { numbers.agents[agent, default: .init()].sessions += 1 }
        guard let opening, !opening.isGiven else { return }
        self.opening!.isGiven = true
        let waited = at.milliseconds - opening.at.milliseconds
        let isInTime = waited <= Numbers.Limits.inTimeMilliseconds
        numbers.count(opening.at, of: agent) { figures in
            figures.assignment.take(waited)
            if !isReceiving { figures.offline += 1 }
        }
        guard isReceiving, !opening.isHeld else { return }
        numbers.judge(opening.at, of: agent, isInTime: isInTime)
    }

    private mutating func answer(_ agent: AgentID, _ at: LogTime, _ numbers: inout Numbers) {
        guard agent != .automatic else { return }
        if let owning, owning.agent == agent, !owning.isAnswered {
            self.owning!.isAnswered = true
            if numbers.span.contains(owning.since) {
                numbers.agents[agent, default: .init()].firstReply.take(
                    at.milliseconds - owning.since.milliseconds)
            }
        }
        guard let opening else { return }
        self.opening!.lastAnswer = at
        guard !opening.isAnswered else { return }
        self.opening!.isAnswered = true
        if numbers.span.contains(opening.at) {
            numbers.all.firstReply.take(at.milliseconds - opening.at.milliseconds)
        }
    }

    private mutating func resolve(
        _ at: LogTime, endingAt end: LogTime? = nil, _ numbers: inout Numbers
    ) {
        let owner = owning?.agent
        release(end ?? at, &numbers)
        if let opening, opening.isGiven {
            self.opening!.resolved = (owner, at.milliseconds - opening.at.milliseconds)
        } else {
            close(at: at, &numbers)
        }
    }

    /// The session is over without having been resolved.
    private mutating func end(_ at: LogTime, _ numbers: inout Numbers) {
        release(at, &numbers)
        close(at: at, &numbers)
    }

    /// Nothing more comes of the opening.
    private mutating func close(at end: LogTime, _ numbers: inout Numbers) {
        guard let opening else { return }
        self.opening = nil
        if let (owner, milliseconds) = opening.resolved {
            numbers.count(opening.at, of: owner) { $0.resolution.take(milliseconds) }
        }
        // Who is still waiting, or went without an agent, is judged once the time is over.
        guard !opening.isGiven, !opening.isHeld,
            end.milliseconds - opening.at.milliseconds > Numbers.Limits.inTimeMilliseconds
        else { return }
        numbers.judge(opening.at, of: nil, isInTime: false)
    }

    private mutating func release(_ at: LogTime, _ numbers: inout Numbers) {
        guard let owning else { return }
        self.owning = nil
        let from = max(owning.since, numbers.span.lowerBound)
        let to = min(at, numbers.span.upperBound)
        guard from < to else { return }
        let milliseconds = to.milliseconds - from.milliseconds
        numbers.all.ownedMilliseconds += milliseconds
        numbers.agents[owning.agent, default: .init()].ownedMilliseconds += milliseconds
    }
}

extension Numbers {
    /// Counts something that is measured from an opening, for the project and an agent.
    fileprivate mutating func count(
        _ opening: LogTime, of agent: AgentID?, _ take: (inout Figures) -> Void
    ) {
        guard span.contains(opening) else { return }
        take(&all)
        if let agent { take(&agents[agent, default: .init()]) }
    }

    fileprivate mutating func judge(_ opening: LogTime, of agent: AgentID?, isInTime: Bool) {
        if opening >= beginning, opening < span.lowerBound {
            before.judged += 1
            if isInTime { before.inTime += 1 }
        }
        count(opening, of: agent) { figures in
            figures.rate.judged += 1
            if isInTime { figures.rate.inTime += 1 }
        }
    }

    fileprivate mutating func countHandOver(_ from: AgentID, _ to: AgentID, _ at: LogTime) {
        guard span.contains(at) else { return }
        all.handedOn += 1
        all.received += 1
        agents[from, default: .init()].handedOn += 1
        agents[to, default: .init()].received += 1
    }

    fileprivate mutating func countBounce(_ agent: AgentID, _ at: LogTime) {
        guard span.contains(at) else { return }
        all.bounces += 1
        agents[agent, default: .init()].bounces += 1
    }
}

extension Decision {
    /// Whether nothing of their presence spoke against the agent who was chosen.
    var choseReceiving: Bool {
        guard way != .offline, let chosen else { return false }
        let reasons = candidates.first { $0.agent == chosen }?.reasons ?? []
        return reasons.isDisjoint(with: .presence)
    }
}
