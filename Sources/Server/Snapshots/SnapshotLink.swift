import Raft
import Transport

/// A connection for one snapshot, whose ends change hands: first it waits for what the peer wants,
/// then a giver or a taker has it. Loop's thread only.
final class SnapshotLink {
    /// The peer.
    let node: NodeID
    /// A message came; nil for one that is none.
    var onMessage: ((SnapshotMessage?) -> Void)?
    /// All waiting bytes went to the kernel after some had to wait.
    var onDrained: (() -> Void)?
    /// The connection is over, and why in words; not called for the side that closed it.
    var onClosed: ((String) -> Void)?

    private let link: PeerLink
    private var isOpen = true

    /// Takes an open link over. Within the call that gives the link, as `PeerLinks` demands.
    init(_ link: PeerLink, with node: NodeID) {
        self.link = link
        self.node = node
        // The link keeps this object alive until it closes.
        link.onFrame = { _, payload in
            // An empty frame only shows that the peer lives.
            if !payload.isEmpty, self.isOpen { self.onMessage?(SnapshotMessage(payload)) }
        }
        link.onDrained = { if self.isOpen { self.onDrained?() } }
        link.onClosed = { _, _, reason in
            let told = self.isOpen ? self.onClosed : nil
            self.letGo()
            told?(reason)
        }
    }

    /// Bytes sent that the kernel has not taken.
    var pendingBytes: Int { link.pendingBytes }

    /// Sends a message.
    func send(_ message: SnapshotMessage) { link.send(message.encoded()) }

    /// Closes the connection, without a word to this side.
    func close() {
        isOpen = false
        link.close()
    }

    private func letGo() {
        isOpen = false
        link.onFrame = nil
        link.onDrained = nil
        (onMessage, onDrained, onClosed) = (nil, nil, nil)
    }
}
