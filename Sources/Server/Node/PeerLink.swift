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
        static let maxHandshakeBytes = 768
        /// The longest payload of a welcome, which may name all members.
        static let maxWelcomeBytes = 16 << 10
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
        /// What it says of feature levels.
        var levels = PeerHandshake.Levels()

        /// What this node says of itself on a new connection.
        func hello(for purpose: PeerHandshake.Purpose) -> PeerHandshake.Hello {
            PeerHandshake.Hello(
                purpose: purpose, cluster: cluster, node: node, incarnation: incarnation,
                url: url, nonce: SecureRandom.bytes(PeerHandshake.nonceBytes), levels: levels)
        }
    }

    /// Which end of the connection this is.
    enum Side {
        /// We dialled this node, or, for an introduction, whoever is at the address.
        case dials(NodeID?, PeerHandshake.Purpose)
        /// They dialled; once they have proved themselves, they are let in or not.
        case accepts((NodeID, PeerHandshake.Purpose) -> Verdict)
    }
    /// Whether a node that has proved itself is let in.
    enum Verdict {
        /// It is, with news for an introduction.
        case welcome([UInt8])
        /// It is not.
        case refuse(PeerRefusal)
    }

    private enum State {
        /// We dialled and sent our hello; theirs comes with their proof.
        case dialled(ours: PeerHandshake.Hello, expected: NodeID?)
        /// We know who they are and sent our proof; their welcome is still to come.
        case proved(theirs: PeerHandshake.Hello)
        /// They dialled; their hello comes first.
        case accepted
        /// We answered with our hello and proof; their proof is still to come.
        case answered(ours: PeerHandshake.Hello, theirs: PeerHandshake.Hello)
        case open(NodeID)
        case closed
    }

    /// The peer proved who it is, and this node is let in.
    var onOpen: ((PeerLink, NodeID) -> Void)?
    /// A frame's payload came.
    var onFrame: ((NodeID, [UInt8]) -> Void)?
    /// The connection is over; the peer if the link was open, and why in words.
    var onClosed: ((PeerLink, NodeID?, String) -> Void)?
    /// The peer, which has proved itself, says that this node was removed from the cluster.
    var onRemoved: (() -> Void)?
    /// The cluster is at a feature level that this node does not know: a peer that has proved
    /// itself says so.
    var onOutdated: ((PeerRefusal) -> Void)?

    /// All waiting bytes went to the kernel after some had to wait.
    var onDrained: (() -> Void)? {
        get { connection.onDrained }
        set { connection.onDrained = newValue }
    }

    /// Where browsers reach the peer; empty until it has proved itself.
    private(set) var url = Text("")
    /// What the peer says of feature levels; nothing until it has proved itself.
    private(set) var levels = PeerHandshake.Levels()
    /// What the connection is for; the dialer says it.
    private(set) var purpose: PeerHandshake.Purpose
    /// Whom the peer says it is, or, before it said so, whom we dialled.
    private(set) var claimed: NodeID?
    /// What the acceptor's welcome told a dialer.
    private(set) var news: [UInt8] = []

    private let connection: Connection
    private let identity: Identity
    private let side: Side
    private let isEncrypted: Bool
    private var state: State
    private var input: [UInt8] = []
    private var inputStart = 0
    private var refusal: PeerRefusal?
    /// With TLS: whom the peer's certificate names.
    private var certified: NodeID?

    /// A link over a new connection, of which this node is one side.
    init(_ connection: Connection, identity: Identity, side: Side) {
        self.connection = connection
        self.identity = identity
        self.side = side
        isEncrypted = connection.isSecure
        switch side {
        case .dials(let node, let purpose):
            claimed = node
            self.purpose = purpose
        case .accepts: purpose = .messages
        }
        connection.maxPendingWriteBytes = Limits.maxPendingBytes
        connection.setDeadline(after: Limits.handshake)
        state = .accepted
        connection.onReceive = { [weak self] bytes in self?.received(bytes) }
        connection.onClosed = { [weak self] reason in self?.ended(reason) }
        do {
            certified = try PeerLink.certifiedNode(of: connection, in: identity.cluster)
            guard case .dials(let expecting, _) = side else { return }
            if let expecting { try check(isCertified: expecting) }
            let hello = identity.hello(for: purpose)
            state = .dialled(ours: hello, expected: expecting)
            sendFrame(hello.encoded())
        } catch {
            refuse(error)
        }
    }

    /// The node that the peer's certificate names; nil in clear.
    private static func certifiedNode(
        of connection: Connection, in cluster: Text
    ) throws(PeerRefusal) -> NodeID? {
        guard connection.isSecure else { return nil }
        let uri = connection.peerURI
        guard let uri, let name = PeerName(uri: uri) else { throw .certificate(uri: uri) }
        guard name.cluster == cluster else { throw .certificateCluster(theirs: name.cluster) }
        return name.node
    }

    /// With TLS, nobody but the node itself may say that it is this one.
    private func check(isCertified node: NodeID) throws(PeerRefusal) {
        if let certified, certified != node {
            throw .certificateNode(theirs: certified, expected: node)
        }
    }

    /// Ends the handshake, and tells the other node why.
    private func refuse(_ refusal: PeerRefusal) {
        self.refusal = refusal
        switch refusal {
        case .refusedThere, .removedThere, .speaksTLS, .badFrame:
            connection.close(afterFlush: false)
            if refusal == .removedThere { onRemoved?() }
        default:
            sendFrame(refusal.frame)
            connection.close(afterFlush: true)
        }
    }

    private var isOpen: Bool { if case .open = state { true } else { false } }

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

    /// Closes the connection once what was sent has left.
    func finish() { connection.close(afterFlush: true) }

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
            refuse(error)
        }
        if inputStart > 0 {
            input.removeFirst(inputStart)
            inputStart = 0
        }
    }

    private func nextFrame() throws(PeerRefusal) -> [UInt8]? {
        try refuseTLS()
        guard input.count - inputStart >= 8 else { return nil }
        func word(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(input[inputStart + offset + $1]) << UInt32($1 * 8) }
        }
        let length = Int(word(0))
        guard length <= maxPayloadBytes else {
            throw isOpen ? .badFrame : .notAPeer
        }
        guard input.count - inputStart >= 8 + length else { return nil }
        let sum = word(4)
        let payload = Array(input[inputStart + 8..<inputStart + 8 + length])
        guard CRC32C.checksum(payload) == sum else { throw isOpen ? .badFrame : .notAPeer }
        inputStart += 8 + length
        return payload
    }

    private var maxPayloadBytes: Int {
        switch state {
        case .open: Limits.maxFrameBytes
        case .proved: Limits.maxWelcomeBytes
        case .dialled, .accepted, .answered, .closed: Limits.maxHandshakeBytes
        }
    }

    /// Knows a handshake record (22) or an alert (21) of TLS where a first frame should be: read as
    /// a length either would be beyond `maxHandshakeBytes`.
    private func refuseTLS() throws(PeerRefusal) {
        switch state {
        case .dialled, .accepted:
            guard input.count - inputStart >= 2, input[inputStart + 1] == 3,
                input[inputStart] == 21 || input[inputStart] == 22
            else { return }
            throw .speaksTLS
        case .proved, .answered, .open, .closed: return
        }
    }

    private func took(_ payload: [UInt8]) throws(PeerRefusal) {
        let isProved = if case .proved = state { true } else { false }
        if !isOpen, let refused = PeerRefusal(frame: payload, isProved: isProved) { throw refused }
        switch state {
        case .open(let node):
            if !payload.isEmpty { onFrame?(node, payload) }
        case .accepted:
            try tookHello(payload)
        case .dialled(let ours, let expected):
            try tookAnswer(payload, ours: ours, expected: expected)
        case .answered(let ours, let theirs):
            try tookProof(payload, ours: ours, theirs: theirs)
        case .proved(let theirs):
            guard let news = PeerHandshake.news(inWelcome: payload) else { throw .notAPeer }
            self.news = news
            opened(theirs)
        case .closed:
            break
        }
    }

    private func tookHello(_ payload: [UInt8]) throws(PeerRefusal) {
        var reader = ByteReader(payload)
        let theirs = try PeerHandshake.Hello(&reader)
        claimed = theirs.node
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
        _ payload: [UInt8], ours: PeerHandshake.Hello, expected: NodeID?
    ) throws(PeerRefusal) {
        guard payload.count > PeerHandshake.proofBytes else { throw .notAPeer }
        var reader = ByteReader(payload, range: PeerHandshake.proofBytes..<payload.count)
        let theirs = try PeerHandshake.Hello(&reader)
        claimed = expected ?? theirs.node
        try check(theirs)
        guard theirs.node == expected ?? theirs.node else { throw .node(theirs: theirs.node) }
        guard theirs.purpose == purpose else { throw .notAPeer }
        let proof = PeerHandshake.proof(
            key: identity.key, dialer: ours, acceptor: theirs, byDialer: false)
        guard constantTimeEqual(Array(payload[..<PeerHandshake.proofBytes]), proof) else {
            throw .wrongKey
        }
        state = .proved(theirs: theirs)
        sendFrame(
            PeerHandshake.proof(
                key: identity.key, dialer: ours, acceptor: theirs, byDialer: true))
        // After the proof: then the other node, too, may believe what is said here.
        try checkLevels(theirs)
    }

    private func tookProof(
        _ payload: [UInt8], ours: PeerHandshake.Hello, theirs: PeerHandshake.Hello
    ) throws(PeerRefusal) {
        let proof = PeerHandshake.proof(
            key: identity.key, dialer: theirs, acceptor: ours, byDialer: true)
        guard constantTimeEqual(payload, proof) else { throw .wrongKey }
        try checkLevels(theirs)
        guard case .accepts(let judge) = side else { return }
        switch judge(theirs.node, theirs.purpose) {
        case .refuse(let refusal): throw refusal
        case .welcome(let news):
            sendFrame(PeerHandshake.welcome(news))
            opened(theirs)
        }
    }

    private func check(_ theirs: PeerHandshake.Hello) throws(PeerRefusal) {
        guard theirs.cluster == identity.cluster else { throw .cluster(theirs: theirs.cluster) }
        guard theirs.node != identity.node else { throw .node(theirs: theirs.node) }
        try check(isCertified: theirs.node)
    }

    /// A node that can't apply what the cluster does takes no part in it.
    private func checkLevels(_ theirs: PeerHandshake.Hello) throws(PeerRefusal) {
        let (mine, others) = (identity.levels, theirs.levels)
        guard others.inForce <= mine.newest else {
            throw .outdated(knows: mine.newest, needs: others.inForce)
        }
        guard mine.inForce <= others.newest else {
            throw .outdatedThere(theirs.node, knows: others.newest, needs: mine.inForce)
        }
    }

    private func opened(_ theirs: PeerHandshake.Hello) {
        let node = theirs.node
        url = theirs.url
        levels = theirs.levels
        state = .open(node)
        connection.setDeadline(after: nil)
        connection.idleTimeout = Limits.silence
        onOpen?(self, node)
    }

    private func ended(_ reason: CloseReason) {
        let node: NodeID? = if case .open(let node) = state { node } else { nil }
        if case .dialled = state, reason == .closedByPeer, !isEncrypted {
            refusal = refusal ?? .closedAtOnce
        }
        state = .closed
        // Only now: whoever ends the node for it lets the other end hear why first.
        if let refusal, case .outdated = refusal { onOutdated?(refusal) }
        onClosed?(self, node, refusal.map { "\($0)" } ?? "\(reason)")
    }
}
