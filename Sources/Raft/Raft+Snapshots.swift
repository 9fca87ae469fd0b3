/// Snapshots, as far as consensus is concerned. Their bytes go another way, and installing one is
/// a new start: the follower makes a new `Raft` from a log whose base is the snapshot's end.
extension Raft {
    /// Everything up to `index`, an entry of `term`, is gone from the log on the disk. It was
    /// applied here, and what it did is durable elsewhere. Followers that need it get a snapshot.
    public mutating func logCut(through index: LogIndex, term: Term) {
        guard fenced == nil, index > log.base.index else { return }
        precondition(index <= handedOut, "the log was cut beyond what is applied")
        let known = log.term(at: index)
        precondition(known == nil || known == term, "the log was cut at an entry of another term")
        log.cut(through: LogPosition(index: index, term: term))
    }

    /// Whether a snapshot that ends with this entry would help here, that is whether the log
    /// neither holds that entry nor has it committed. Ask just before installing: a snapshot that
    /// does not help must be dropped, because entries after its end may be acknowledged.
    public func needsSnapshot(through index: LogIndex, term: Term) -> Bool {
        fenced == nil && index > commit && (index > log.last.index || log.term(at: index) != term)
    }

    /// A snapshot that ends with `index` arrived at a follower, which installs it now.
    public mutating func snapshotSent(to peer: NodeID, index: LogIndex) {
        guard let at = snapshotIndex(of: peer) else { return }
        // A wrong guess costs one rejection, and one that is too old another snapshot.
        progress[at].probe(from: min(index, log.last.index).next)
        progress[at].snapshotNotBefore = now.advanced(by: limits.snapshotRetry)
    }

    /// The transfer to a follower goes on: patience begins anew.
    public mutating func snapshotProgressed(to peer: NodeID) {
        guard let at = snapshotIndex(of: peer) else { return }
        progress[at].flow = .snapshot(heard: now)
    }

    /// A snapshot could not be made or sent. The follower is probed; should it still need a
    /// snapshot, it is wanted again after a pause.
    public mutating func snapshotFailed(to peer: NodeID) {
        guard let at = snapshotIndex(of: peer) else { return }
        progress[at].probe(from: log.last.index.next)
        progress[at].snapshotNotBefore = now.advanced(by: limits.snapshotRetry)
    }

    /// Ends the wait for snapshots of which nothing is heard any more.
    mutating func giveUpSnapshots() {
        for peer in progress {
            if case .snapshot(let heard) = peer.flow,
                now >= heard.advanced(by: limits.snapshotPatience)
            {
                snapshotFailed(to: peer.peer)
            }
        }
    }

    private func snapshotIndex(of peer: NodeID) -> Int? {
        guard fenced == nil, role == .leader, let at = progressIndex(of: peer),
            progress[at].isSnapshot
        else { return nil }
        return at
    }
}
