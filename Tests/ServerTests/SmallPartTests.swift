import Crypto
import HTTP
import Raft
import Routing
import Testing
import Wire

@testable import Server

@Suite struct VisitorAddressTests {
    @Test(
        arguments: [
            ("203.0.113.77", "203.0.113.0"), ("::ffff:203.0.113.77", "203.0.113.0"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"), ("2001:db8::5", "2001:db8::"),
            ("2001:db8:0:9::5%eth0", "2001:db8::"), ("2001::a:b:c:d:e:f", "2001:0:a::"),
            ("::1", "::"), ("fe80::", "fe80::"), ("unknown", ""), ("", ""), ("1.2.3", ""),
            ("1.2.3.4.5", ""), ("1.2.3.x", ""), ("1:2:3", ""), ("1:2:3:4:5:6:7:8:9", ""),
            ("1::2::3", ""), ("12345::", ""), ("g::1", ""),
        ] as [(String, String)])
    func `a truncated address is its network, and what is none is dropped`(
        address: String, kept: String
    ) {
        #expect(VisitorAddress.kept(Text(address), .truncated).string == kept)
        #expect(VisitorAddress.kept(Text(address), .whole).string == address)
        #expect(VisitorAddress.kept(Text(address), .dropped).isEmpty)
    }
}

@Suite struct TypingPaceTests {
    private static let second: Int64 = 1_000_000_000

    @Test func `typing is told every four seconds for a session, and of so many alone`() {
        var pace = TypingPace()
        let asked: [(session: Int64, seconds: Int64)] = [(1, 0), (1, 3), (2, 3), (1, 4)]
        let told = asked.map { pace.mayTell(SessionID($0.session), now: $0.seconds * Self.second) }
        #expect(told == [true, false, true, true])
        let others = (3...Int64(TypingPace.Limits.sessions)).map {
            pace.mayTell(SessionID($0), now: 5 * Self.second)
        }
        #expect(others.allSatisfy { $0 })
        let late = [6, 8].map { pace.mayTell(SessionID(9999), now: $0 * Self.second) }
        #expect(late == [false, true])
    }
}

@Suite struct FileTests {
    @Test(
        arguments: [
            ([0xff, 0xd8, 0xff, 0xe0], "image/jpeg"),
            (Array("GIF89a...".utf8), "image/gif"),
            (Array("RIFF....WEBPVP8 ".utf8), "image/webp"),
            (Array("....ftypisom".utf8), "video/mp4"), (Array("....ftypM4A ".utf8), "audio/mp4"),
            (Array("OggS".utf8), "audio/ogg"), (Array("<svg onload=x>".utf8), FileType.unknown),
            (Array("<html>".utf8), FileType.unknown), ([], FileType.unknown),
            (Array("%PDF-1.7".utf8), FileType.unknown), (Array("RIFF".utf8), FileType.unknown),
        ] as [([UInt8], String)])
    func `a file is what its first bytes say`(bytes: [UInt8], type: String) {
        #expect(FileType.of(bytes) == type)
    }

    @Test(
        arguments: [
            ("", "attachment"), ("/", "attachment"),
            ("a b.pdf", "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf"),
            ("../../etc/passwd", "attachment; filename=\"passwd\"; filename*=UTF-8''passwd"),
            ("x\"\r\nA: b", "attachment; filename=\"x_A_ b\"; filename*=UTF-8''x%22A%3A%20b"),
            ("é", "attachment; filename=\"__\"; filename*=UTF-8''%C3%A9"),
        ] as [(Text, String)])
    func `a file's name can't leave its header`(name: Text, header: String) {
        #expect(FileName.attachment(name) == header)
    }
}

@Suite struct TimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_219_200_123, "2026-11-21T00:00:00.123Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        ] as [(Int64, String)])
    func `RFC 3339 both ways`(milliseconds: Int64, text: String) {
        #expect(RFC3339.text(milliseconds: milliseconds) == text)
        #expect(RFC3339.milliseconds(text) == milliseconds)
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T00:00:00", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-11-21T24:00:00Z", "2026-11-21T00:00:00.Z", "2026-11-21 00:00:00Z",
        "2026-11-21T00:00:00+01:00Z",
    ])
    func `what is no time is refused`(text: String) {
        #expect(RFC3339.milliseconds(text) == nil)
    }

    @Test func `a fraction may be short`() {
        #expect(RFC3339.milliseconds("1970-01-01T00:00:01.5Z") == 1500)
        #expect(RFC3339.milliseconds("1970-01-01T00:00:01Z") == 1000)
    }

    @Test func `the date of HTTP`() {
        #expect(HTTPDate.text(milliseconds: 784_111_777_000) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}

@Suite struct MoveTicketTests {
    private let key = HMACKey([UInt8](repeating: 7, count: 32))
    private let ticket = MoveTicket(
        tokenHash: [UInt8](repeating: 9, count: 32), agent: AgentID(12),
        ends: LogTime(milliseconds: 1_800_000_000_000), origin: "https://a.example:8443")

    @Test func `A ticket comes back from its text`() {
        #expect(MoveTicket(ticket.text(key: key), key: key) == ticket)
    }

    @Test func `A ticket that is changed, cut or of another cluster is none`() {
        let text = ticket.text(key: key)
        #expect(MoveTicket(text, key: HMACKey([UInt8](repeating: 8, count: 32))) == nil)
        for place in text.indices {
            var changed = text
            changed.replaceSubrange(place...place, with: text[place] == "A" ? "B" : "A")
            #expect(MoveTicket(changed, key: key) == nil)
            #expect(MoveTicket(String(text[..<place]), key: key) == nil)
        }
    }
}

@Suite struct StartTokenTests {
    private let key = HMACKey([UInt8](repeating: 7, count: 32))
    private let token = StartToken(
        link: LinkID(123_456), key: ClickKey(epoch: .max, sequence: 99),
        at: LogTime(milliseconds: 1_795_219_200_123))

    @Test func `a token fits Telegram and comes back`() {
        let text = token.text(key: key)
        #expect(text.count == StartToken.characters)
        #expect(text.count <= 64)
        #expect(StartToken(text, key: key) == token)
    }

    @Test(arguments: ["de", "pt-br", "zh-hant", "es-419"] as [Text])
    func `a token may carry a language and still fits Telegram`(language: Text) {
        var token = token
        token.language = language
        let text = token.text(key: key)
        #expect(text.count == StartToken.longerCharacters && text.count <= 64)
        #expect(StartToken(text, key: key) == token)
        #expect(StartToken(Array(text.prefix(StartToken.characters)), key: key) == nil)
    }

    @Test func `of a long language a token carries the first subtags, of no language nothing`() {
        #expect(TokenLanguage.language(of: "ZH-Hant-TW") == "zh-hant")
        #expect(TokenLanguage.language(of: "sr-Cyrl-RS") == "sr-cyrl")
        #expect(TokenLanguage.language(of: "not a language") == "")
        #expect(TokenLanguage.language(of: "internationally") == "")
    }

    @Test func `a token may carry a pool and a short language and still fits Telegram`() {
        let token = StartToken(
            link: LinkID(1 << 40 - 1), key: ClickKey(epoch: .max, sequence: 1 << 32 - 1),
            at: LogTime(milliseconds: 1_795_219_200_123), language: "zh-Hant", pool: PoolID(31))
        #expect(token.at == LogTime(milliseconds: 1_795_219_200_000))
        #expect(token.language == "zh")
        let text = token.text(key: key)
        #expect(text.count == StartToken.longerCharacters && text.count <= 64)
        #expect(StartToken(text, key: key) == token)
        let far = StartToken(
            link: LinkID(1 << 40), key: ClickKey(epoch: 1, sequence: 1), at: token.at,
            language: "zh-hant", pool: PoolID(31))
        #expect(far.pool == nil && far.language == "zh-hant")
    }

    @Test(arguments: [("", nil), ("pt-br", nil), ("zh", PoolID(31))] as [(Text, PoolID?)])
    func `a token is of the project to which its click led, in no more characters`(
        language: Text, pool: PoolID?
    ) {
        var without = token
        without.language = language
        without.pool = pool
        if pool != nil {
            without = StartToken(
                link: token.link, key: ClickKey(epoch: 5, sequence: 99), at: token.at,
                language: language, pool: pool)
        }
        var token = without
        token.project = ProjectID(8)
        let text = token.text(key: key)
        #expect(text.count == without.text(key: key).count && text.count <= 64)
        #expect(StartToken(text, key: key) == nil)
        #expect(StartToken(text, key: key) { _ in [ProjectID(9)] } == nil)
        let read = StartToken(text, key: key) { link in
            link == token.link ? [ProjectID(9), ProjectID(8)] : []
        }
        #expect(read == token)
    }

    @Test func `another key or any changed character is refused`() {
        var text = token.text(key: key)
        #expect(StartToken(text, key: HMACKey([UInt8](repeating: 8, count: 32))) == nil)
        for place in text.indices {
            let before = text[place]
            text[place] = before == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(StartToken(text, key: key) == nil)
            text[place] = before
        }
        #expect(StartToken(Array(text.dropLast()), key: key) == nil)
    }
}

@Suite struct SecretTests {
    @Test func `a sealed secret opens for its purpose and cluster only`() {
        let ours = Secrets(clusterKey: [UInt8](repeating: 1, count: 32))
        let theirs = Secrets(clusterKey: [UInt8](repeating: 2, count: 32))
        let sealed = ours.seal("123:secret", for: .botToken)
        #expect(ours.open(sealed, for: .botToken) == "123:secret")
        #expect(ours.open(sealed, for: .webhookSecret) == nil)
        #expect(theirs.open(sealed, for: .botToken) == nil)
        #expect(ours.seal("123:secret", for: .botToken) != sealed)
    }
}

@Suite struct PeerHandshakeTests {
    private let hello = PeerHandshake.Hello(
        purpose: .snapshot, cluster: "demo", node: NodeID(2), incarnation: 5, url: "http://x",
        nonce: [1, 2, 3], levels: .init())

    @Test func `a hello comes back and is refused when cut anywhere`() throws {
        let bytes = hello.encoded()
        var reader = ByteReader(bytes)
        #expect(try PeerHandshake.Hello(&reader) == hello)
        for length in bytes.indices {
            var cut = ByteReader(Array(bytes[..<length]))
            #expect(throws: PeerRefusal.notAPeer) { try PeerHandshake.Hello(&cut) }
        }
    }

    @Test func `another version is told apart`() {
        var other = hello
        other.version = 1
        var reader = ByteReader(other.encoded())
        #expect(throws: PeerRefusal.version(theirs: 1)) { try PeerHandshake.Hello(&reader) }
    }

    @Test func `an unknown purpose is refused`() {
        var bytes = hello.encoded()
        bytes[6] = 3
        var reader = ByteReader(bytes)
        #expect(throws: PeerRefusal.notAPeer) { try PeerHandshake.Hello(&reader) }
    }

    @Test func `a proof can be neither reflected nor replayed`() {
        let key = [UInt8](repeating: 3, count: 32)
        var mine = hello
        mine.node = NodeID(1)
        let byDialer = PeerHandshake.proof(
            key: key, dialer: hello, acceptor: mine, byDialer: true)
        #expect(
            byDialer
                != PeerHandshake.proof(key: key, dialer: hello, acceptor: mine, byDialer: false))
        mine.nonce = [9]
        #expect(
            byDialer
                != PeerHandshake.proof(key: key, dialer: hello, acceptor: mine, byDialer: true))
    }
}

@Suite struct ServiceURLTests {
    @Test func `parts of a base URL`() throws {
        let plain = try #require(ServiceURL("http://127.0.0.1:8443/base/"))
        #expect(plain.host == "127.0.0.1" && plain.port == 8443 && !plain.isSecure)
        #expect(plain.path == "/base" && plain.authority == "127.0.0.1:8443")
        let secure = try #require(ServiceURL("https://api.telegram.org"))
        #expect(secure.port == 443 && secure.authority == "api.telegram.org" && secure.path == "")
        let six = try #require(ServiceURL("https://[::1]:444"))
        #expect(six.host == "::1" && six.authority == "[::1]:444")
    }

    @Test(arguments: [
        "", "api.telegram.org", "ftp://x", "http://", "http://user@host", "http://host:0",
        "http://host:70000", "http://host/?q", "http://ho st", "http://[::1",
    ])
    func `what is no base URL`(text: String) {
        #expect(ServiceURL(text) == nil)
    }
}

@Suite struct PasswordGateTests {
    /// What a gate answers to each try in turn.
    private func answers(
        _ gate: inout PasswordGate, _ tries: [(keys: [String], now: Int64)]
    ) -> [Bool] {
        tries.map { keys, now in gate.mayTry(keys, now: now) }
    }

    @Test func `failures are limited by account and by address and forgotten in time`() {
        var gate = PasswordGate(perMinute: 3)
        for _ in 0..<3 { gate.tried(["login:a", "address:1"], now: 0) }
        let seen = answers(
            &gate,
            [
                (["login:a", "address:2"], 0), (["login:b", "address:1"], 0),
                (["login:b", "address:2"], 0), (["login:a", "address:1"], 21_000_000_000),
            ])
        #expect(seen == [false, false, true, true])
    }

    @Test(arguments: [(10, 3, 9), (10, 1, 10), (2, 3, 3), (9, 3, 9)])
    func `all nodes together let no more pass, but one each`(limit: Int, nodes: Int, passed: Int) {
        var gates = [PasswordGate](repeating: PasswordGate(perMinute: limit), count: nodes)
        var count = 0
        for at in gates.indices {
            gates[at].share(among: nodes)
            while gates[at].mayTry(["login:a"], now: 0) {
                gates[at].tried(["login:a"], now: 0)
                count += 1
            }
        }
        #expect(count == passed)
        // In the minute after, all of them let the limit pass once more.
        let later = 60_000_000_000 as Int64
        let again = gates.indices.filter { gates[$0].mayTry(["login:a"], now: later) }
        #expect(again.count == (limit < nodes ? 0 : nodes))
    }

    @Test func `a right password does not count`() {
        var gate = PasswordGate(perMinute: 1)
        for _ in 0..<5 {
            gate.tried(["login:a"], now: 0)
            gate.succeeded(["login:a"], now: 0)
        }
        let seen = answers(&gate, [(["login:a"], 0)])
        #expect(seen == [true])
    }
}

@Suite struct RouterTests {
    @Test func `a route is found by method and segments`() {
        var router = Router()
        router.add(.get, "/api/v1/sessions/*/history") { _, _ in }
        router.add(.get, "/") { _, _ in }
        guard
            case .found(_, let name, let parts) = router.match(
                .get, ["api", "v1", "sessions", "12", "history"])
        else {
            Issue.record("not found")
            return
        }
        #expect(name == "/api/v1/sessions/*/history" && parts == ["12"])
        guard case .found = router.match(.get, []) else {
            Issue.record("no page")
            return
        }
        guard case .notFound = router.match(.get, ["api"]) else {
            Issue.record("found what is not there")
            return
        }
        guard case .methodNotAllowed([.get]) = router.match(.post, []) else {
            Issue.record("took another method")
            return
        }
    }
}

@Suite struct ClickFlagTests {
    private func flag(_ method: HTTPMethod, _ headers: HTTPHeaders) -> Click.Flag {
        var flags = ClickFlags()
        let request = HTTPRequest(method: method, target: "/code", headers: headers)
        let first = flags.flag(of: request)
        #expect(flags.flag(of: request) == first)
        return first
    }
    private let browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120 Safari/537"

    @Test func `people and machines are told apart`() {
        #expect(flag(.get, ["User-Agent": browser]) == .human)
        #expect(flag(.head, ["User-Agent": browser]) == .head)
        #expect(flag(.get, ["User-Agent": browser, "Sec-Purpose": "prefetch"]) == .prefetch)
        #expect(flag(.get, ["User-Agent": browser, "X-Moz": "prefetch"]) == .prefetch)
        #expect(flag(.get, ["User-Agent": "TelegramBot (like TwitterBot)"]) == .bot)
        #expect(flag(.get, ["User-Agent": "WhatsApp/2.23"]) == .bot)
        #expect(flag(.get, [:]) == .bot)
    }
}
