import Crypto
import Raft
import Routing
import Wire

/// How two nodes convince each other that they belong to one cluster, before any frame.
///
/// The dialer sends a hello, the acceptor answers with its hello and a proof, the dialer sends its
/// proof, the acceptor its welcome or why it refuses. A proof is HMAC-SHA256 under the cluster's
/// peer key over both hellos and the role, so that neither can be replayed or reflected. With TLS
/// both have shown certificates before, and the hellos must agree with them.
struct PeerHandshake {
    /// The protocol between nodes; another version is refused by name.
    static let version: UInt16 = 2
    /// Longest cluster name.
    static let maxNameBytes = 64
    /// Longest public URL.
    static let maxURLBytes = 512
    /// Bytes of a proof.
    static let proofBytes = 32
    /// Random bytes of a hello.
    static let nonceBytes = 16
    /// Bytes of a hello's last field, of which those behind the random ones have a meaning.
    static let maxNonceBytes = 32

    /// Where a node stands with feature levels.
    struct Levels: Hashable {
        /// The highest that its release applies.
        var newest = FeatureLevel.first
        /// The one in force there, as far as it has applied the log.
        var inForce = FeatureLevel.first

        fileprivate var encoded: [UInt8] {
            var writer = ByteWriter()
            writer.u32(newest.rawValue)
            writer.u32(inForce.rawValue)
            return writer.bytes
        }
    }

    /// What a connection is for. Two nodes may have one of each at a time.
    enum Purpose: UInt8 {
        /// The protocol's frames.
        case messages = 0
        /// One snapshot on its way, so that its bytes never stand before a heartbeat.
        case snapshot = 1
        /// A node that knows nothing yet asks who the members are; the welcome says it.
        case introduction = 2
    }

    /// What a node says of itself, and of the connection that it wants.
    struct Hello: Hashable {
        var version: UInt16 = PeerHandshake.version
        var purpose: Purpose
        var cluster: Text
        var node: NodeID
        var incarnation: UInt64
        /// Where browsers reach the node.
        var url: Text
        /// Random bytes, and behind them what an older release takes for more of these.
        var nonce: [UInt8]

        static let magic: [UInt8] = Array("RHSE".utf8)

        func encoded() -> [UInt8] {
            var writer = ByteWriter()
            writer.raw(Hello.magic)
            writer.u16(version)
            writer.u8(purpose.rawValue)
            writer.text(cluster)
            writer.u64(node.rawValue)
            writer.u64(incarnation)
            writer.text(url)
            writer.blob(nonce)
            return writer.bytes
        }
        init(
            purpose: Purpose, cluster: Text, node: NodeID, incarnation: UInt64, url: Text,
            nonce: [UInt8], levels: Levels
        ) {
            self.purpose = purpose
            self.cluster = cluster
            self.node = node
            self.incarnation = incarnation
            self.url = url
            self.nonce = nonce + levels.encoded
        }
        /// What the node says of feature levels; a release without them knows the first.
        var levels: Levels { Levels(nonce.dropFirst(PeerHandshake.nonceBytes)) }

        /// Reads a hello; says in words what is wrong with it.
        init(_ reader: inout ByteReader) throws(PeerRefusal) {
            do {
                guard try reader.raw(count: 4) == Hello.magic else { throw PeerRefusal.notAPeer }
                version = try reader.u16()
                guard version == PeerHandshake.version else {
                    throw PeerRefusal.version(theirs: version)
                }
                guard let purpose = Purpose(rawValue: try reader.u8()) else {
                    throw PeerRefusal.notAPeer
                }
                self.purpose = purpose
                cluster = try reader.text(limit: PeerHandshake.maxNameBytes)
                node = NodeID(try reader.u64())
                incarnation = try reader.u64()
                url = try reader.text(limit: PeerHandshake.maxURLBytes)
                nonce = try reader.blob(limit: PeerHandshake.maxNonceBytes)
            } catch let refusal as PeerRefusal {
                throw refusal
            } catch {
                throw PeerRefusal.notAPeer
            }
        }
    }

    /// The acceptor's last frame: the dialer is let in. `news` is for introductions.
    static func welcome(_ news: [UInt8]) -> [UInt8] { welcomeMagic + news }

    /// What a welcome says; nil when the frame is none.
    static func news(inWelcome frame: [UInt8]) -> [UInt8]? {
        frame.starts(with: welcomeMagic) ? Array(frame.dropFirst(welcomeMagic.count)) : nil
    }
    private static let welcomeMagic: [UInt8] = Array("RHOK".utf8)

    /// The proof of one side over both hellos.
    static func proof(key: [UInt8], dialer: Hello, acceptor: Hello, byDialer: Bool) -> [UInt8] {
        var writer = ByteWriter()
        writer.bool(byDialer)
        writer.blob(dialer.encoded())
        writer.blob(acceptor.encoded())
        return HMACSHA256.mac(key: key, writer.bytes)
    }
}

extension PeerHandshake.Levels {
    /// Reads what stands behind the random bytes; the first level for what does not.
    fileprivate init(_ bytes: ArraySlice<UInt8>) {
        var reader = ByteReader(Array(bytes))
        guard let newest = try? reader.u32(), let inForce = try? reader.u32() else { return }
        self.newest = FeatureLevel(newest)
        self.inForce = FeatureLevel(inForce)
    }
}
