import Crypto
import Routing
import Wire

/// The token in a bot's `/start` link: names the click, and any node can tell that it is ours.
///
/// 42 bytes, 56 characters of base64url (Telegram takes 64): a version, the link, the click's spool
/// epoch and sequence, the time, and 128 bits of HMAC-SHA256 under the cluster's token key. The
/// second version has six bytes more, before the MAC, for a language.
struct StartToken: Hashable {
    /// The link that was clicked.
    var link: LinkID
    /// The click.
    var key: ClickKey
    /// When it was clicked, by the clock of the node that answered.
    var at: LogTime
    /// The language that a parameter of the click asked for; empty: none.
    var language: Text = ""

    static let bodyBytes = 26
    static let languageBytes = 6
    static let macBytes = 16
    static let characters = 56
    static let longerCharacters = 64

    /// The token as text.
    func text(key: HMACKey) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(StartToken.bodyBytes + StartToken.languageBytes + StartToken.macBytes)
        bytes.append(language.isEmpty ? 1 : 2)
        StartToken.put(UInt64(bitPattern: link.rawValue), bytes: 6, into: &bytes)
        StartToken.put(self.key.epoch, bytes: 8, into: &bytes)
        StartToken.put(self.key.sequence, bytes: 5, into: &bytes)
        StartToken.put(UInt64(bitPattern: at.milliseconds), bytes: 6, into: &bytes)
        if !language.isEmpty {
            StartToken.put(
                TokenLanguage.packed(language), bytes: StartToken.languageBytes, into: &bytes)
        }
        bytes += key.mac(bytes).prefix(StartToken.macBytes)
        return Base64URL.encode(bytes)
    }

    /// The token of a `/start` payload; nil if it is not one of ours.
    init?(_ text: [UInt8], key: HMACKey) {
        let hasLanguage = text.count == StartToken.longerCharacters
        guard hasLanguage || text.count == StartToken.characters,
            let bytes = Base64URL.decode(text), bytes[0] == (hasLanguage ? 2 : 1)
        else { return nil }
        let body = Array(bytes.dropLast(StartToken.macBytes))
        let mac = Array(key.mac(body).prefix(StartToken.macBytes))
        guard constantTimeEqual(mac, Array(bytes[body.count...])) else { return nil }
        link = LinkID(Int64(bitPattern: StartToken.get(body, 1, bytes: 6)))
        self.key = ClickKey(
            epoch: StartToken.get(body, 7, bytes: 8), sequence: StartToken.get(body, 15, bytes: 5))
        at = LogTime(milliseconds: Int64(bitPattern: StartToken.get(body, 20, bytes: 6)))
        if hasLanguage {
            language = TokenLanguage.unpacked(
                StartToken.get(body, StartToken.bodyBytes, bytes: StartToken.languageBytes))
        }
    }

    /// A token of these parts; the first four must fit 48, 64, 40 and 48 bits, the language
    /// `TokenLanguage`.
    init(link: LinkID, key: ClickKey, at: LogTime, language: Text = "") {
        precondition(link.rawValue >= 0 && link.rawValue < 1 << 48)
        precondition(key.sequence < 1 << 40)
        precondition(at.milliseconds >= 0 && at.milliseconds < 1 << 48)
        self.link = link
        self.key = key
        self.at = at
        self.language = language
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

/// A language as a token carries it: up to eight letters, digits and hyphens of six bits each.
enum TokenLanguage {
    static let characters = 8
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)

    /// What a token can carry of a parameter's value: the whole language, else its first subtags;
    /// empty when it is no language.
    static func language(of value: Text) -> Text {
        var bytes = value.lowercased.utf8
        while bytes.count > characters, let hyphen = bytes.lastIndex(of: UInt8(ascii: "-")) {
            bytes.removeSubrange(hyphen...)
        }
        guard bytes.count <= characters, bytes.first != UInt8(ascii: "-"),
            bytes.allSatisfy(alphabet.contains)
        else { return "" }
        return Text(bytes)
    }

    static func packed(_ language: Text) -> UInt64 {
        language.utf8.prefix(characters).enumerated().reduce(0) { packed, character in
            let number = alphabet.firstIndex(of: character.element).map { UInt64($0) + 1 } ?? 0
            return packed | number << UInt64(6 * character.offset)
        }
    }

    static func unpacked(_ packed: UInt64) -> Text {
        let numbers = (0..<characters).map { Int(packed >> UInt64(6 * $0) & 63) }
        return Text(
            numbers.prefix { (1...alphabet.count).contains($0) }.map { alphabet[$0 - 1] })
    }
}
