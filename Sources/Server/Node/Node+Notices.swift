import Raft
import Replica

extension Node {
    /// Logs what the replica noticed.
    func say(_ notice: Replica.Notice) {
        switch notice {
        case .badFrame(let peer, let what):
            log.warning(
                "a peer's frame was dropped",
                ["peer": .count(peer.rawValue), "reason": .text(what)])
        case .peerDiverged(let peer, let index):
            log.error(
                "a peer's state differs; it must stop",
                ["peer": .count(peer.rawValue), "index": .count(index.rawValue)])
        case .noMajorityAgrees(let index):
            log.error(
                "the nodes' states differ and no majority agrees; nothing is assigned",
                ["index": .count(index.rawValue)])
        case .handsOverForRoom(let peer):
            log.warning(
                "this disk has little room; another node is to lead",
                ["peer": .count(peer.rawValue)])
        }
    }
}
