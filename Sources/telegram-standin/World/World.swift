import Telegram
import Transport
import Wire

/// Everything that exists in this small Telegram. The loop's thread only.
final class World {
    let options: Options
    let loop: EventLoop
    let clock: WorldClock
    let resolver: Resolver
    /// Whom TLS webhooks and links are verified against.
    let trust: TLSClientContext
    var random: SeededGenerator
    private(set) var bots: [Bot] = []
    private var botsByToken: [Text: Bot] = [:]
    private var customers: [Int64: Customer] = [:]
    private var demo: Demo?
    /// Calls of the Bot API by method in lower case, unknown ones under "unknown".
    var calls: [String: Int] = [:]

    init(options: Options, loop: EventLoop) throws(TransportError) {
        self.options = options
        self.loop = loop
        clock = WorldClock(loop: loop, scale: options.timeScale)
        resolver = try Resolver(loop: loop)
        trust = try TLSClientContext(extraCAFile: options.webhookAuthorityFile)
        random = SeededGenerator(seed: options.seed)
        for (token, username) in options.bots {
            _ = addBot(token: token, username: username, name: username)
        }
    }

    /// Sets going what the options ask for.
    func start() {
        guard let options = options.demo else { return }
        let demo = Demo(options: options, world: self)
        self.demo = demo
        demo.start()
    }

    // MARK: Bots

    /// A new bot; nil when the token is none, or the bot exists.
    func addBot(token: Text, username: Text, name: Text) -> Bot? {
        guard let id = BotToken.botID(of: token), !bots.contains(where: { $0.id == id }),
            bot(named: username) == nil
        else { return nil }
        let bot = Bot(id: id, token: token, username: username, name: name, world: self)
        bots.append(bot)
        botsByToken[token] = bot
        return bot
    }

    /// The bot of a token that was not revoked.
    func bot(token: Text) -> Bot? { botsByToken[token] }

    /// The bot of this username, number or token; case counts only in tokens.
    func bot(named name: Text) -> Bot? {
        let wanted = name.string.lowercased()
        return bots.first {
            $0.username.string.lowercased() == wanted || $0.token == name || "\($0.id)" == wanted
        }
    }

    /// Makes a bot's token invalid, as /revoke does; a new one may be given.
    func revoke(_ bot: Bot, newToken: Text?) {
        botsByToken[bot.token] = nil
        guard let newToken else { return }
        bot.token = newToken
        botsByToken[newToken] = bot
    }

    // MARK: Customers

    /// The customer with this number, made up when there is none.
    func customer(_ id: Int64) -> Customer {
        if let customer = customers[id] { return customer }
        let customer = Customer.madeUp(id: id)
        customers[id] = customer
        return customer
    }

    /// The customer with this number.
    func existingCustomer(_ id: Int64) -> Customer? { customers[id] }
}
