import Crypto
import Routing
import Wire

/// The token in a bot's `/start` link: names the click, and any node can tell that it is ours.
///
/// 42 bytes, 56 characters of base64url (Telegram takes 64): a version, the link, the click's spool
/// epoch and sequence, the time, and 128 bits of HMAC-SHA256 under the cluster's token key.
struct StartToken: Hashable {
    /// The link that was clicked.
    var link: LinkID
    /// The click.
    var key: ClickKey
    /// When it was clicked, by the clock of the node that answered.
    var at: LogTime

    static let version: UInt8 = 1
    static let bodyBytes = 26
    static let macBytes = 16
    static let characters = 56

    /// The token as text.
    func text(key: HMACKey) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(StartToken.bodyBytes + StartToken.macBytes)
        bytes.append(StartToken.version)
        StartToken.put(UInt64(bitPattern: link.rawValue), bytes: 6, into: &bytes)
        StartToken.put(self.key.epoch, bytes: 8, into: &bytes)
        StartToken.put(self.key.sequence, bytes: 5, into: &bytes)
        StartToken.put(UInt64(bitPattern: at.milliseconds), bytes: 6, into: &bytes)
        bytes += key.mac(bytes).prefix(StartToken.macBytes)
        return Base64URL.encode(bytes)
    }

    /// The token of a `/start` payload; nil if it is not one of ours.
    init?(_ text: [UInt8], key: HMACKey) {
        guard text.count == StartToken.characters, let bytes = Base64URL.decode(text),
            bytes.count == StartToken.bodyBytes + StartToken.macBytes,
            bytes[0] == StartToken.version
        else { return nil }
        let body = Array(bytes[..<StartToken.bodyBytes])
        let mac = Array(key.mac(body).prefix(StartToken.macBytes))
        guard constantTimeEqual(mac, Array(bytes[StartToken.bodyBytes...])) else { return nil }
        link = LinkID(Int64(bitPattern: StartToken.get(body, 1, bytes: 6)))
        self.key = ClickKey(
            epoch: StartToken.get(body, 7, bytes: 8), sequence: StartToken.get(body, 15, bytes: 5))
        at = LogTime(milliseconds: Int64(bitPattern: StartToken.get(body, 20, bytes: 6)))
    }

    /// A token of these parts; they must fit 48, 64, 40 and 48 bits.
    init(link: LinkID, key: ClickKey, at: LogTime) {
        precondition(link.rawValue >= 0 && link.rawValue < 1 << 48)
        precondition(key.sequence < 1 << 40)
        precondition(at.milliseconds >= 0 && at.milliseconds < 1 << 48)
        self.link = link
        self.key = key
        self.at = at
    }

    private static func put(_ value: UInt64, bytes count: Int, into bytes: inout [UInt8]) {
        for shift in (0..<count).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift * 8)))
        }
    }
    private static func get(_ bytes: [UInt8], _ offset: Int, bytes count: Int) -> UInt64 {
        bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
