import Raft
import Routing

/// How much room a node's disk has, as its shell judges it.
public enum Room: UInt8, Comparable, Hashable, Sendable {
    /// Enough.
    case ok = 0
    /// So little that somebody should look: another node leads if it has more.
    case low = 1
    /// What is left is for what must be finished: nothing new is taken.
    case full = 2

    /// Order of need.
    public static func < (a: Room, b: Room) -> Bool { a.rawValue < b.rawValue }
}

extension Replica {
    /// This node's disk has more or less room than before.
    public mutating func roomChanged(to room: Room) {
        self.room = room
        handOverNotBefore = nil
    }

    /// Whether this node leads and the disks of so many voters are full that no majority could
    /// write: requests are refused before they are in any log. A follower with a full disk stops
    /// nobody.
    public var lacksRoom: Bool {
        guard raft.role == .leader else { return false }
        let voters = raft.configuration.voters
        let full = voters.filter { (($0 == id) ? room : peerRooms[$0]) == .full }
        return voters.count - full.count < Quorum.size(of: voters.count)
    }

    /// As leader with little room: hands over to a voter that is known to have more. What it can't
    /// take over in time is tried again after a pause.
    mutating func yieldForRoom() {
        guard room != .ok, raft.role == .leader, raft.hasCommittedInTerm, !raft.isTransferring,
            now >= handOverNotBefore ?? now
        else { return }
        let voters = raft.configuration.voters
        let better = raft.members.filter { member in
            guard member.id != id, voters.contains(member.id),
                let theirs = peerRooms[member.id]
            else { return false }
            return theirs < room
        }
        guard !better.isEmpty else { return }
        handOverNotBefore = now.advanced(by: limits.roomRetry)
        for member in better.sorted(by: { ($1.match, $0.id) < ($0.match, $1.id) })
        where raft.transferRequested(to: member.id) == nil {
            return notices.append(.handsOverForRoom(to: member.id))
        }
    }
}
