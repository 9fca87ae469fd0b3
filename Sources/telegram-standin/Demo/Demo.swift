import Telegram
import Transport
import Wire

/// Customers who come, ask, answer and leave, over and over.
final class Demo {
    private let options: DemoOptions
    private unowned let world: World
    private var nextCustomer: Int64 = 5_000_000_001
    private var visitors: [Int64: Visitor] = [:]
    private var nextLink = 0
    private var failures = 0

    init(options: DemoOptions, world: World) {
        self.options = options
        self.world = world
    }

    /// Lets the first customer come.
    func start() { wait() }

    /// The next customer comes after a pause around the mean that the rate gives.
    private func wait() {
        let mean = 60 / options.perMinute
        let pause = Double.random(in: 0.5...1.5, using: &world.random) * mean
        _ = world.loop.schedule(after: .milliseconds(Int64(pause * 1000))) { [weak self] in
            self?.arrive()
            self?.wait()
        }
    }

    private func arrive() {
        guard visitors.count < options.customers else { return }
        let customer = world.customer(nextCustomer)
        nextCustomer += 1
        guard !options.links.isEmpty else {
            if let bot = world.bots.randomElement(using: &world.random) {
                begin(customer, bot, payload: nil)
            }
            return
        }
        let link = options.links[nextLink % options.links.count]
        nextLink += 1
        let agent = Visitor.browsers[Int(customer.id) % Visitor.browsers.count]
        LinkClick.follow(link, userAgent: agent, world: world) { [weak self] result in
            guard let self else { return }
            switch result {
            case .success(let found):
                failures = 0
                guard let bot = world.bot(named: found.bot) else { return }
                begin(customer, bot, payload: found.payload)
            case .failure(let error):
                failures += 1
                // Nodes come up after the stand-in: one line, not one for each customer.
                if failures == 5 {
                    Program.complain("demo: links do not work: \(error.reason)")
                }
            }
        }
    }

    private func begin(_ customer: Customer, _ bot: Bot, payload: Text?) {
        let conversation = bot.conversation(with: customer)
        let visitor = Visitor(conversation: conversation, world: world) { [weak self] in
            self?.visitors[customer.id] = nil
        }
        visitors[customer.id] = visitor
        visitor.start(payload: payload)
    }
}

/// One customer in one conversation.
final class Visitor {
    private let conversation: Conversation
    private unowned let world: World
    private let onLeave: () -> Void
    private var turns = 0
    private var isWriting = false
    private var patience: LoopTimer?

    static let browsers = [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
            + "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) "
            + "Chrome/142.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            + "Chrome/142.0.0.0 Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    ]
    private static let questions: [Text] = [
        "Hello! Where is my order? I was told it would come on Tuesday.",
        "Hi, can I change the delivery address after I have paid?",
        "My invoice shows the wrong company name. Can you fix it?",
        "Good morning, do you ship to Portugal?",
        "The app logs me out every time I open it :(",
        "I would like to return a pair of shoes, size 42.",
        "Is there a discount for schools?", "我想退货，请问怎么操作？",
        "¿Tienen este modelo en azul?", "Wie lange dauert die Reparatur ungefähr?",
    ]
    private static let answers: [Text] = [
        "Thanks. The number is 4711-22.", "Yes, that is the one.", "Ok, how long will it take?",
        "Perfect, that helps.", "Hm, I have tried that already.", "Can I get this in writing?",
        "One more thing: may I pay by card?",
    ]
    /// One text of so many comes with a photo.
    private static let textsPerPhoto = 6
    private static let farewells: [Text] = ["Great, thank you!", "Thanks, bye!", "👍"]

    init(conversation: Conversation, world: World, onLeave: @escaping () -> Void) {
        self.conversation = conversation
        self.world = world
        self.onLeave = onLeave
    }

    /// Presses Start and, a little later, asks.
    func start(payload: Text?) {
        let command = payload.map { $0.isEmpty ? "/start" : "/start \($0)" } ?? "/start"
        _ = conversation.customerSends(.text, text: Text(command))
        conversation.onBotMessage = { [weak self] _ in self?.read() }
        write(Self.questions, after: 2...6)
        patience = world.loop.schedule(after: .seconds(1800)) { [weak self] in self?.leave() }
    }

    /// The bot wrote: answer after a while, a few times, then say goodbye.
    private func read() {
        patience?.reschedule(after: .seconds(1800))
        guard !isWriting, turns > 0 else { return }
        write(turns < 4 ? Self.answers : Self.farewells, after: 3...12)
    }

    private func write(_ phrases: [Text], after seconds: ClosedRange<Double>) {
        isWriting = true
        let pause = Double.random(in: seconds, using: &world.random)
        _ = world.loop.schedule(after: .milliseconds(Int64(pause * 1000))) { [weak self] in
            guard let self else { return }
            isWriting = false
            turns += 1
            let phrase = phrases.randomElement(using: &world.random) ?? "Hello"
            let hasPhoto = Int.random(in: 0..<Self.textsPerPhoto, using: &world.random) == 0
            _ = conversation.customerSends(hasPhoto ? photo() : .text, text: phrase)
            if turns > 4 { leave() }
        }
    }

    /// A photo in two sizes.
    private func photo() -> ChatMessage.Content {
        let bot = conversation.bot
        let colour = UInt8(truncatingIfNeeded: conversation.customer.id)
        let sizes = [90, 480].map { side in
            bot.files.add(
                kind: "photo", bytes: Picture.png(side: side, colour: colour),
                name: "photo.png", mimeType: "image/png", bot: bot.id)
        }
        return .files(kind: "photo", sizes)
    }

    private func leave() {
        patience?.cancel()
        conversation.onBotMessage = nil
        onLeave()
    }
}
