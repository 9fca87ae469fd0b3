import Crypto
import Routing
import Wire

/// The token in a bot's `/start` link: names the click, and any node can tell that it is ours.
///
/// 42 bytes, 56 characters of base64url (Telegram takes 64): a version, the link, the click's spool
/// epoch and sequence, the time, and 128 bits of HMAC-SHA256 under the cluster's token key. The
/// second version has six bytes more, before the MAC, for a language. The third is as long, and has
/// a pool and a shorter language: times are seconds in it, and numbers shorter. The fourth to the
/// sixth are as the first to the third, and their MAC is over the project, too, to whose bot the
/// click led; it takes no byte of them. Who reads them tries the projects that there are.
struct StartToken: Hashable {
    /// The link that was clicked.
    var link: LinkID
    /// The click.
    var key: ClickKey
    /// When it was clicked, by the clock of the node that answered.
    var at: LogTime
    /// The language that a parameter of the click asked for; empty: none.
    var language: Text = ""
    /// The pool that a parameter rule or the link itself gave the click; nil: none did.
    var pool: PoolID?
    /// The project to whose bot the click led; nil in tokens of the first feature level.
    var project: ProjectID?

    /// How many projects are tried for a token.
    static let maxProjects = 1024
    static let bodyBytes = 26
    static let languageBytes = 6
    static let macBytes = 16
    static let characters = 56
    static let longerCharacters = 64

    /// The token as text.
    func text(key: HMACKey) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(StartToken.bodyBytes + StartToken.languageBytes + StartToken.macBytes)
        if let pool {
            putThird(pool, into: &bytes)
            return Base64URL.encode(bytes + StartToken.mac(of: bytes, project, key))
        }
        bytes.append((language.isEmpty ? 1 : 2) + (project == nil ? 0 : 3))
        StartToken.put(UInt64(bitPattern: link.rawValue), bytes: 6, into: &bytes)
        StartToken.put(self.key.epoch, bytes: 8, into: &bytes)
        StartToken.put(self.key.sequence, bytes: 5, into: &bytes)
        StartToken.put(UInt64(bitPattern: at.milliseconds), bytes: 6, into: &bytes)
        if !language.isEmpty {
            StartToken.put(
                TokenLanguage.packed(language), bytes: StartToken.languageBytes, into: &bytes)
        }
        return Base64URL.encode(bytes + StartToken.mac(of: bytes, project, key))
    }

    private static func mac(
        of body: [UInt8], _ project: ProjectID?, _ key: HMACKey
    ) -> [UInt8] {
        var bytes = body
        if let project { put(UInt64(bitPattern: project.rawValue), bytes: 8, into: &bytes) }
        return Array(key.mac(bytes).prefix(macBytes))
    }

    /// The token of a `/start` payload; nil if it is not one of ours. One that says its project is
    /// ours if it is of one of the projects to which a click on its link may have led.
    init?(_ text: [UInt8], key: HMACKey, projects: (LinkID) -> [ProjectID] = { _ in [] }) {
        let isLonger = text.count == StartToken.longerCharacters
        guard isLonger || text.count == StartToken.characters,
            let bytes = Base64URL.decode(text), (1...6).contains(bytes[0])
        else { return nil }
        let form = (bytes[0] - 1) % 3 + 1
        guard isLonger == (form > 1) else { return nil }
        let body = Array(bytes.dropLast(StartToken.macBytes))
        let mac = Array(bytes[body.count...])
        link = LinkID(Int64(bitPattern: StartToken.get(body, 1, bytes: form == 3 ? 5 : 6)))
        let candidates: [ProjectID?] = bytes[0] > 3 ? projects(link) : [nil]
        let found = candidates.first {
            constantTimeEqual(StartToken.mac(of: body, $0, key), mac)
        }
        guard let found else { return nil }
        project = found
        if form == 3 {
            (link, self.key, at, pool, language) = StartToken.third(body)
            return
        }
        self.key = ClickKey(
            epoch: StartToken.get(body, 7, bytes: 8), sequence: StartToken.get(body, 15, bytes: 5))
        at = LogTime(milliseconds: Int64(bitPattern: StartToken.get(body, 20, bytes: 6)))
        if isLonger {
            language = TokenLanguage.unpacked(
                StartToken.get(body, StartToken.bodyBytes, bytes: StartToken.languageBytes))
        }
    }

    /// The third version: link 5 bytes, spool epoch 8, sequence 4, seconds 4, pool 5, language 5.
    private func putThird(_ pool: PoolID, into bytes: inout [UInt8]) {
        bytes.append(project == nil ? 3 : 6)
        StartToken.put(UInt64(bitPattern: link.rawValue), bytes: 5, into: &bytes)
        StartToken.put(key.epoch, bytes: 8, into: &bytes)
        StartToken.put(key.sequence, bytes: 4, into: &bytes)
        StartToken.put(UInt64(bitPattern: at.milliseconds / 1000), bytes: 4, into: &bytes)
        StartToken.put(UInt64(bitPattern: pool.rawValue), bytes: 5, into: &bytes)
        StartToken.put(TokenLanguage.packed(language), bytes: 5, into: &bytes)
    }

    private static func third(
        _ body: [UInt8]
    ) -> (LinkID, ClickKey, LogTime, PoolID?, Text) {
        func number(_ offset: Int, bytes count: Int) -> Int64 {
            Int64(bitPattern: StartToken.get(body, offset, bytes: count))
        }
        let key = ClickKey(
            epoch: StartToken.get(body, 6, bytes: 8), sequence: StartToken.get(body, 14, bytes: 4))
        return (
            LinkID(number(1, bytes: 5)), key, LogTime(milliseconds: 1000 * number(18, bytes: 4)),
            PoolID(number(22, bytes: 5)),
            TokenLanguage.unpacked(StartToken.get(body, 27, bytes: 5))
        )
    }

    /// Whether the shorter numbers of the third version hold these.
    private static func fitsThird(_ link: LinkID, _ key: ClickKey, _ pool: PoolID) -> Bool {
        link.rawValue < 1 << 40 && key.sequence < 1 << 32
            && pool.rawValue >= 0 && pool.rawValue < 1 << 40
    }

    /// A token of these parts, as much of the language and of the time as it can carry; the first
    /// four must fit 48, 64, 40 and 48 bits.
    init(
        link: LinkID, key: ClickKey, at: LogTime, language: Text = "", pool: PoolID? = nil,
        project: ProjectID? = nil
    ) {
        precondition(link.rawValue >= 0 && link.rawValue < 1 << 48)
        precondition(key.sequence < 1 << 40)
        precondition(at.milliseconds >= 0 && at.milliseconds < 1 << 48)
        self.link = link
        self.key = key
        self.project = project
        let carried = pool.flatMap { StartToken.fitsThird(link, key, $0) ? $0 : nil }
        self.pool = carried
        self.at =
            carried == nil
            ? at : LogTime(milliseconds: at.milliseconds / 1000 * 1000)
        self.language = TokenLanguage.language(
            of: language,
            characters: carried == nil
                ? TokenLanguage.characters : TokenLanguage.charactersBesidePool)
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
    /// As many where a pool is carried too.
    static let charactersBesidePool = 6
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)

    /// What a token can carry of a parameter's value: the whole language, else its first subtags;
    /// empty when it is no language.
    static func language(of value: Text, characters: Int = characters) -> Text {
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
