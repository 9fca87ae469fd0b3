import Raft

/// Numbers the frames to each peer, and knows which frames of a peer came before.
///
/// Links lose nothing and repeat nothing while they are open. But a forwarded request that came
/// twice could be taken once and refused once, and its client would be told what is not true: so
/// parts that must not be handled twice count only in a frame newer than all before it.
struct FrameNumbers: Sendable {
    private struct Peer: Sendable {
        let id: NodeID
        var sent: UInt64 = 0
        /// The newest frame of each of the peer's latest processes.
        var received: [(incarnation: UInt64, number: UInt64)] = []
    }
    /// Processes of one peer that are remembered.
    private static let remembered = 4
    private var peers: [Peer] = []

    /// Numbers for the members of a configuration, kept while one may come back: only who is
    /// excluded by a committed configuration never does.
    mutating func follow(_ configuration: Configuration, committed: Configuration, but own: NodeID)
    {
        peers.removeAll { committed.excludes($0.id) }
        for id in configuration.members where id != own && !peers.contains(where: { $0.id == id }) {
            peers.append(Peer(id: id))
        }
    }

    /// The number of the next frame to a peer.
    mutating func next(to peer: NodeID) -> UInt64 {
        guard let at = peers.firstIndex(where: { $0.id == peer }) else { return 0 }
        peers[at].sent += 1
        return peers[at].sent
    }

    /// Whether a frame is newer than all before it from the same process.
    mutating func isNews(_ incarnation: UInt64, _ number: UInt64, from peer: NodeID) -> Bool {
        guard let at = peers.firstIndex(where: { $0.id == peer }) else { return false }
        if let known = peers[at].received.firstIndex(where: { $0.incarnation == incarnation }) {
            guard number > peers[at].received[known].number else { return false }
            peers[at].received[known].number = number
            return true
        }
        peers[at].received.append((incarnation, number))
        if peers[at].received.count > Self.remembered { peers[at].received.removeFirst() }
        return true
    }
}
