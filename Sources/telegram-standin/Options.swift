import Telegram
import Transport
import Wire

/// The command line.
struct Options {
    /// Where the Bot API and the control API are served; over TLS when a certificate is given.
    var listen = SocketAddress(ip: "127.0.0.1", port: 8443)!
    /// A second listener that is always plain.
    var listenPlain: SocketAddress?
    /// PEM files for `listen`.
    var certificateFile: String?
    var keyFile: String?
    /// Whom webhooks may be signed by besides the system's authorities.
    var webhookAuthorityFile: String?
    /// Bots that exist from the start.
    var bots: [(token: Text, username: Text)] = []
    /// Whether webhooks may be plain HTTP and on any port, as with the real server's local mode.
    var allowsAnyWebhook = false
    /// How long one of Telegram's seconds takes: retries, timeouts and lifetimes are multiplied.
    var timeScale = 1.0
    /// Messages to one chat.
    var chatRate = Rate(perSecond: 1, burst: 3)
    /// Messages of one bot.
    var botRate = Rate(perSecond: 30, burst: 30)
    /// From which everything random is drawn.
    var seed: UInt64 = 1
    /// Simulated customers.
    var demo: DemoOptions?
    var wantsHelp = false

    static let usage = """
        usage: telegram-standin [options]
          --listen HOST:PORT          where to serve (127.0.0.1:8443; port 0 takes a free one)
          --listen-plain HOST:PORT    serve without TLS here too
          --tls-cert FILE             PEM certificate chain: --listen speaks HTTPS
          --tls-key FILE              its key
          --webhook-ca FILE           PEM authority that webhooks' certificates may be signed by
          --bot TOKEN:USERNAME        a bot that exists from the start; may be repeated
          --allow-http-webhooks       take plain HTTP webhooks, and any port
          --time-scale FACTOR         multiply the webhook retry schedule, timeouts and lifetimes
          --chat-rate N[/BURST]       messages a second to one chat (1/3); 0 is no limit
          --bot-rate N[/BURST]        messages a second of one bot (30/30); 0 is no limit
          --seed N                    from which everything random is drawn
          --demo KEY=VALUE,...        simulated customers: customers=N at once (12), rate=N new
                                      conversations a minute (6), link=URL (may be repeated)
        """

    /// The options that these arguments state.
    static func parse(_ arguments: [String]) throws(OptionError) -> Options {
        var options = Options()
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--help", "-h":
                options.wantsHelp = true
                continue
            case "--allow-http-webhooks":
                options.allowsAnyWebhook = true
                continue
            default: break
            }
            guard let value = rest.popFirst() else {
                throw OptionError("\(name) is unknown or needs a value")
            }
            try options.set(name, value)
        }
        guard (options.certificateFile == nil) == (options.keyFile == nil) else {
            throw OptionError("--tls-cert and --tls-key belong together")
        }
        return options
    }

    private mutating func set(_ name: String, _ value: String) throws(OptionError) {
        switch name {
        case "--listen": listen = try Self.address(name, value)
        case "--listen-plain": listenPlain = try Self.address(name, value)
        case "--tls-cert": certificateFile = value
        case "--tls-key": keyFile = value
        case "--webhook-ca": webhookAuthorityFile = value
        case "--bot": bots.append(try Self.bot(value))
        case "--time-scale":
            guard let scale = Double(value), scale > 0, scale <= 1000 else {
                throw OptionError("--time-scale takes a number over 0")
            }
            timeScale = scale
        case "--chat-rate": chatRate = try Self.rate(name, value)
        case "--bot-rate": botRate = try Self.rate(name, value)
        case "--seed":
            guard let seed = UInt64(value) else { throw OptionError("--seed takes a number") }
            self.seed = seed
        case "--demo": demo = try DemoOptions.parse(value)
        default: throw OptionError("\(name) is unknown")
        }
    }

    private static func address(
        _ name: String, _ value: String
    ) throws(OptionError) -> SocketAddress {
        guard let address = SocketAddress(value) else {
            throw OptionError("\(name) takes an address and a port, as 127.0.0.1:8443")
        }
        return address
    }

    /// `TOKEN:USERNAME`: the token has a colon itself, the username has none.
    private static func bot(_ value: String) throws(OptionError) -> (token: Text, username: Text) {
        if let colon = value.lastIndex(of: ":") {
            let token = Text(String(value[..<colon]))
            let username = Text(String(value[value.index(after: colon)...]))
            if BotToken.isValid(token), !username.isEmpty { return (token, username) }
        }
        throw OptionError("--bot takes TOKEN:USERNAME, as 123456:secret:my_bot")
    }

    private static func rate(_ name: String, _ value: String) throws(OptionError) -> Rate {
        let parts = value.split(separator: "/").map { Double($0) }
        guard (1...2).contains(parts.count), let perSecond = parts[0], perSecond >= 0,
            let burst = parts.count == 2 ? parts[1] : max(1, perSecond), burst >= 1
        else { throw OptionError("\(name) takes messages a second, as 1 or 1/3") }
        return Rate(perSecond: perSecond, burst: burst)
    }
}

/// What is wrong with the command line.
struct OptionError: Error {
    let message: String
    init(_ message: String) { self.message = message }
}
