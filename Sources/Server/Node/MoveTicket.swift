import Crypto
import Routing
import Wire

/// What a console shows at another node to go on there with its sign-in: which sign-in, until when,
/// and from which address it comes. Any node can tell that it is ours; that it counts once only is
/// the cluster's doing, since moving a sign-in ends the one that is named here.
struct MoveTicket: Hashable {
    /// SHA-256 of the cookie that the browser has at the old address.
    var tokenHash: [UInt8]
    /// Whose.
    var agent: AgentID
    /// Good until here, by log time.
    var ends: LogTime
    /// The origin whose page may bring it.
    var origin: Text

    /// How long one is good. A page fetches another every few minutes.
    static let milliseconds: Int64 = 15 * 60_000
    private static let version: UInt8 = 1
    private static let macBytes = 32
    /// Longest origin.
    private static let originBytes = 512

    /// A ticket of these parts.
    init(tokenHash: [UInt8], agent: AgentID, ends: LogTime, origin: Text) {
        self.tokenHash = tokenHash
        self.agent = agent
        self.ends = ends
        self.origin = origin
    }

    /// The ticket as text.
    func text(key: HMACKey) -> String {
        var writer = ByteWriter(capacity: 128)
        writer.u8(MoveTicket.version)
        writer.blob(tokenHash)
        writer.zigzag(agent.rawValue)
        writer.zigzag(ends.milliseconds)
        writer.text(origin)
        return Base64URL.string(writer.bytes + key.mac(writer.bytes))
    }

    /// The ticket of a text; nil if it is not one of ours.
    init?(_ text: String, key: HMACKey) {
        guard let bytes = Base64URL.decode(Array(text.utf8)), bytes.count > MoveTicket.macBytes
        else { return nil }
        let body = Array(bytes.dropLast(MoveTicket.macBytes))
        guard constantTimeEqual(key.mac(body), Array(bytes[body.count...])) else { return nil }
        var reader = ByteReader(body)
        do throws(WireError) {
            guard try reader.u8() == MoveTicket.version else { return nil }
            tokenHash = try reader.blob()
            agent = AgentID(try reader.zigzag())
            ends = LogTime(milliseconds: try reader.zigzag())
            origin = try reader.text()
            try reader.expectEnd()
        } catch {
            return nil
        }
        guard origin.utf8.count <= MoveTicket.originBytes else { return nil }
    }
}
