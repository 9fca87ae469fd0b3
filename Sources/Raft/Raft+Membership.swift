/// Members come and go one at a time, so that the majorities before and after always overlap.
/// The newest configuration in the log is in force at once, committed or not; one that a
/// truncation takes away was never committed.
extension Raft {
    /// A configuration and the entry that carries it; 0 for the one of the first start.
    struct PlacedConfiguration: Sendable {
        var index: LogIndex
        var configuration: Configuration
    }

    /// Who takes part, as far as this member's log tells.
    public var configuration: Configuration {
        configurations[configurations.count - 1].configuration
    }
    /// The entry that carries `configuration`; 0 for the one of the first start.
    public var configurationIndex: LogIndex { configurations[configurations.count - 1].index }
    /// The newest configuration that is known to be committed.
    public var committedConfiguration: Configuration { configurations[0].configuration }

    /// All configurations from the newest committed one on, from what the disk holds.
    static func stack(
        _ first: Configuration, at index: LogIndex, _ stored: StoredLog, applied: LogIndex
    ) -> [PlacedConfiguration] {
        var stack = [PlacedConfiguration(index: index, configuration: first)]
        if let newest = stored.configuration, newest.index > index,
            newest.index < (stored.tail.first?.index ?? stored.last.index.next)
        {
            stack.append(.init(index: newest.index, configuration: newest.configuration))
        }
        for entry in stored.tail where entry.index > stack[stack.count - 1].index {
            guard let placed = PlacedConfiguration(entry) else { continue }
            stack.append(placed)
        }
        if let newest = stored.configuration, newest.index > stack[stack.count - 1].index {
            stack.append(.init(index: newest.index, configuration: newest.configuration))
        }
        while stack.count > 1, stack[1].index <= applied { stack.removeFirst() }
        return stack
    }

    // MARK: At every member

    /// The log ends before `index` now.
    mutating func dropConfigurations(from index: LogIndex) {
        while configurations.count > 1, configurationIndex >= index { configurations.removeLast() }
    }

    /// An entry came into the log.
    mutating func adoptConfiguration(of entry: Entry) {
        guard entry.kind == .configuration, let placed = PlacedConfiguration(entry) else { return }
        configurations.append(placed)
    }

    /// The commit index rose.
    mutating func noteCommit() {
        while configurations.count > 1, configurations[1].index <= commit {
            configurations.removeFirst()
        }
        // A leader first tells the others.
        if role != .leader, committedConfiguration.excludes(id) { isRemoved = true }
    }

    /// A member that knows told us that we are none any more.
    mutating func toldRemoved() {
        isRemoved = true
        if role != .follower { follow(term: term, leader: nil) }
    }

    // MARK: At the leader

    /// Begins a change of members and gives the index of its entry; for a change that is in force
    /// already, the index of the configuration that has it.
    public mutating func membershipRequested(
        _ change: MembershipChange
    ) throws(MembershipRefused) -> LogIndex {
        guard fenced == nil, role == .leader else { throw .notLeader }
        if change.isDone(in: configuration) { return configurationIndex }
        // Without an entry of the own term committed, two leaders could change one configuration
        // in different ways and both commit (the bug of single-server changes).
        guard hasCommittedInTerm, transfer == nil else { throw .notReady }
        guard configurationIndex <= commit else { throw .changeInProgress }
        let next = try configuration.changed(by: change)
        if case .remove(let id) = change, configuration.voters.contains(id) {
            guard hasLivingMajority(next) else { throw .wouldLoseQuorum }
        }
        append(next)
        return configurationIndex
    }

    /// Makes one learner that is near the tip a voter. It must hold the configuration that it is
    /// in: one that knows of no member gives no vote, and a majority may need its from now on.
    mutating func promoteLearner() {
        guard limits.promotesLearners, !configuration.learners.isEmpty, hasCommittedInTerm,
            transfer == nil, configurationIndex <= commit
        else { return }
        for learner in configuration.learners where isAlive(learner) {
            guard let at = progressIndex(of: learner), case .replicate = progress[at].flow,
                progress[at].match >= configurationIndex,
                log.last.index.rawValue - progress[at].match.rawValue
                    <= UInt64(limits.promotionDistance)
            else { continue }
            let next = configuration.promoting(learner)
            guard hasLivingMajority(next) else { continue }
            append(next)
            return
        }
    }

    private mutating func append(_ next: Configuration) {
        let entry = Entry(
            index: log.last.index.next, term: term, kind: .configuration, payload: next.encoded)
        log.append(entry)
        uncommittedBytes += entry.payload.count
        let old = configuration
        configurations.append(.init(index: entry.index, configuration: next))
        for peer in old.members where peer != id && !next.contains(peer) {
            guard let at = progressIndex(of: peer) else { continue }
            progress[at].leaving = (entry.index, now.advanced(by: limits.farewell))
        }
        for peer in next.members where peer != id && !old.contains(peer) {
            progress.append(Progress(peer: peer, next: entry.index, now: now))
        }
        progress.sort { $0.peer < $1.peer }
    }

    /// Members on their way out are served until they know that they are out, for a while.
    mutating func dropLeavers() {
        progress.removeAll { peer in
            guard let leaving = peer.leaving else { return false }
            let knows = peer.match >= leaving.index && peer.toldCommit >= leaving.index
            return knows || now >= leaving.until || peer.next <= log.base.index
        }
    }

    /// A leader that is no member any more, and whose successors know it, goes.
    mutating func stepAside() {
        guard role == .leader, configurationIndex <= commit, configuration.excludes(id) else {
            return
        }
        let able = progress.filter { $0.isLinked && configuration.voters.contains($0.peer) }
        if let best = able.max(by: { ($0.match, $1.peer) < ($1.match, $0.peer) }) {
            send(.timeoutNow, to: best.peer)
        }
        follow(term: term, leader: nil)
    }

    private func hasLivingMajority(_ next: Configuration) -> Bool {
        next.voters.filter(isAlive).count >= Quorum.size(of: next.voters.count)
    }

    /// Whether a member was heard within an election timeout.
    func isAlive(_ member: NodeID) -> Bool {
        guard let at = progressIndex(of: member) else { return member == id }
        return progress[at].isLinked
            && now < progress[at].lastHeard.advanced(by: limits.electionTimeout)
    }
}

extension Raft.PlacedConfiguration {
    /// What an entry carries; nil if it is not a configuration.
    init?(_ entry: Entry) {
        guard entry.kind == .configuration, let found = Configuration(encoded: entry.payload) else {
            return nil
        }
        self.init(index: entry.index, configuration: found)
    }
}
