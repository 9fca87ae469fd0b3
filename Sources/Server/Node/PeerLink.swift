import Crypto
import Raft
import Transport
import Wire

/// One connection to another node: the handshake, then frames both ways. Loop's thread only.
///
/// A frame is four bytes of length, four bytes of CRC32C (both little endian), and the payload; an
/// empty one only shows that the node lives.
final class PeerLink {
    /// Bounds of one connection between nodes.
    enum Limits {
        /// The longest payload of a frame.
        static let maxFrameBytes = 32 << 20
        /// The longest payload of the handshake.
        static let maxHandshakeBytes = 1024
        /// Bytes that may wait for a slow peer before the connection is given up.
        static let maxPendingBytes = 96 << 20
        /// The handshake must be over by then.
        static let handshake: Duration = .seconds(2)
        /// Silence after which the peer counts as gone.
        static let silence: Duration = .seconds(3)
        /// How often an idle connection shows that it lives.
        static let ping: Duration = .milliseconds(500)
    }

    /// What a link is told when it is made.
    struct Identity {
        var cluster: Text
        var node: NodeID
        var incarnation: UInt64
        var url: Text
        var key: [UInt8]
        var members: Set<NodeID>

        /// What this node says of itself on a new connection.
        func hello(for purpose: PeerHandshake.Purpose) -> PeerHandshake.Hello {
            PeerHandshake.Hello(
                purpose: purpose, cluster: cluster, node: node, incarnation: incarnation,
                url: url, nonce: SecureRandom.bytes(16))
        }
    }

    private enum State {
        /// We dialled and sent our hello; theirs comes with their proof.
        case dialled(ours: PeerHandshake.Hello, expected: NodeID)
        /// They dialled; their hello comes first.
        case accepted
        /// We answered with our hello and proof; their proof is still to come.
        case answered(ours: PeerHandshake.Hello, theirs: PeerHandshake.Hello)
        case open(NodeID)
        case closed
    }

    /// The peer proved who it is.
    var onOpen: ((PeerLink, NodeID) -> Void)?
    /// A frame's payload came.
    var onFrame: ((NodeID, [UInt8]) -> Void)?
    /// The connection is over; the peer if it had proved itself, and why in words.
    var onClosed: ((PeerLink, NodeID?, String) -> Void)?

    /// All waiting bytes went to the kernel after some had to wait.
    var onDrained: (() -> Void)? {
        get { connection.onDrained }
        set { connection.onDrained = newValue }
    }

    /// Where browsers reach the peer; empty until it has proved itself.
    private(set) var url = Text("")
    /// What the connection is for; the dialer says it.
    private(set) var purpose: PeerHandshake.Purpose

    private let connection: Connection
    private let identity: Identity
    private var state: State
    private var input: [UInt8] = []
    private var inputStart = 0
    private var refusal: PeerRefusal?

    /// A link over a connection that this node dialled (`expecting` whom) or accepted (nil).
    init(
        _ connection: Connection, identity: Identity, expecting: NodeID?,
        purpose: PeerHandshake.Purpose = .messages
    ) {
        self.connection = connection
        self.identity = identity
        self.purpose = purpose
        connection.maxPendingWriteBytes = Limits.maxPendingBytes
        connection.setDeadline(after: Limits.handshake)
        state = .accepted
        if let expecting {
            let hello = identity.hello(for: purpose)
            state = .dialled(ours: hello, expected: expecting)
            sendFrame(hello.encoded())
        }
        connection.onReceive = { [weak self] bytes in self?.received(bytes) }
        connection.onClosed = { [weak self] reason in self?.ended(reason) }
    }

    /// Sends one payload; dropped unless the link is open.
    func send(_ payload: [UInt8]) {
        guard case .open = state else { return }
        sendFrame(payload)
    }

    /// Bytes sent that the kernel has not taken: a sender of much waits for `onDrained`.
    var pendingBytes: Int { connection.pendingWriteBytes }

    /// Stops taking what the peer sends until `resumeReading`, which slows the peer down.
    func pauseReading() { connection.pauseReading() }

    /// Takes up reading again.
    func resumeReading() { connection.resumeReading() }

    /// Shows the peer that this node lives.
    func ping() { send([]) }

    /// Closes the connection; `onClosed` follows on a later turn.
    func close() { connection.close(afterFlush: false) }

    private func sendFrame(_ payload: [UInt8]) {
        precondition(payload.count <= Limits.maxFrameBytes, "a frame over maxFrameBytes")
        let sum = CRC32C.checksum(payload)
        connection.write { output in
            output.reserveCapacity(output.count + payload.count + 8)
            for shift in [0, 8, 16, 24] as [UInt32] {
                output.append(UInt8(truncatingIfNeeded: UInt32(payload.count) >> shift))
            }
            for shift in [0, 8, 16, 24] as [UInt32] {
                output.append(UInt8(truncatingIfNeeded: sum >> shift))
            }
            output.append(contentsOf: payload)
        }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        input.append(contentsOf: bytes)
        do {
            while let payload = try nextFrame() {
                try took(payload)
                if case .closed = state { return }
            }
        } catch {
            refusal = error
            connection.close(afterFlush: false)
        }
        if inputStart > 0 {
            input.removeFirst(inputStart)
            inputStart = 0
        }
    }

    private func nextFrame() throws(PeerRefusal) -> [UInt8]? {
        guard input.count - inputStart >= 8 else { return nil }
        func word(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(input[inputStart + offset + $1]) << UInt32($1 * 8) }
        }
        let length = Int(word(0))
        let isOpen = if case .open = state { true } else { false }
        guard length <= (isOpen ? Limits.maxFrameBytes : Limits.maxHandshakeBytes) else {
            throw isOpen ? .badFrame : .notAPeer
        }
        guard input.count - inputStart >= 8 + length else { return nil }
        let sum = word(4)
        let payload = Array(input[inputStart + 8..<inputStart + 8 + length])
        guard CRC32C.checksum(payload) == sum else { throw isOpen ? .badFrame : .notAPeer }
        inputStart += 8 + length
        return payload
    }

    private func took(_ payload: [UInt8]) throws(PeerRefusal) {
        switch state {
        case .open(let node):
            if !payload.isEmpty { onFrame?(node, payload) }
        case .accepted:
            try tookHello(payload)
        case .dialled(let ours, let expected):
            try tookAnswer(payload, ours: ours, expected: expected)
        case .answered(let ours, let theirs):
            let proof = PeerHandshake.proof(
                key: identity.key, dialer: theirs, acceptor: ours, byDialer: true)
            guard constantTimeEqual(payload, proof) else { throw .wrongKey }
            opened(theirs)
        case .closed:
            break
        }
    }

    private func tookHello(_ payload: [UInt8]) throws(PeerRefusal) {
        var reader = ByteReader(payload)
        let theirs = try PeerHandshake.Hello(&reader)
        try check(theirs)
        purpose = theirs.purpose
        let ours = identity.hello(for: purpose)
        var writer = ByteWriter()
        writer.raw(
            PeerHandshake.proof(
                key: identity.key, dialer: theirs, acceptor: ours, byDialer: false))
        writer.raw(ours.encoded())
        state = .answered(ours: ours, theirs: theirs)
        sendFrame(writer.bytes)
    }

    private func tookAnswer(
        _ payload: [UInt8], ours: PeerHandshake.Hello, expected: NodeID
    ) throws(PeerRefusal) {
        guard payload.count > PeerHandshake.proofBytes else { throw .notAPeer }
        var reader = ByteReader(payload, range: PeerHandshake.proofBytes..<payload.count)
        let theirs = try PeerHandshake.Hello(&reader)
        try check(theirs)
        guard theirs.node == expected else { throw .node(theirs: theirs.node) }
        guard theirs.purpose == purpose else { throw .notAPeer }
        let proof = PeerHandshake.proof(
            key: identity.key, dialer: ours, acceptor: theirs, byDialer: false)
        guard constantTimeEqual(Array(payload[..<PeerHandshake.proofBytes]), proof) else {
            throw .wrongKey
        }
        sendFrame(
            PeerHandshake.proof(
                key: identity.key, dialer: ours, acceptor: theirs, byDialer: true))
        opened(theirs)
    }

    private func check(_ theirs: PeerHandshake.Hello) throws(PeerRefusal) {
        guard theirs.cluster == identity.cluster else { throw .cluster(theirs: theirs.cluster) }
        guard theirs.node != identity.node, identity.members.contains(theirs.node) else {
            throw .node(theirs: theirs.node)
        }
    }

    private func opened(_ theirs: PeerHandshake.Hello) {
        let node = theirs.node
        url = theirs.url
        state = .open(node)
        connection.setDeadline(after: nil)
        connection.idleTimeout = Limits.silence
        onOpen?(self, node)
    }

    private func ended(_ reason: CloseReason) {
        let node: NodeID? = if case .open(let node) = state { node } else { nil }
        state = .closed
        onClosed?(self, node, refusal.map { "\($0)" } ?? "\(reason)")
    }
}
