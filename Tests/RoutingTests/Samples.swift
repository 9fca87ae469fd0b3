import Wire

@testable import Routing

/// One of every command, with every optional field once present and once absent.
enum Samples {
    static var settings: ProjectSettings {
        var settings = ProjectSettings(
            name: "Help", botUsername: "help_bot", sealedToken: [1, 2], sealedSecret: [3])
        settings.mode = .onlineFirst
        settings.balance = .random
        settings.assignOffline = .after(milliseconds: 300)
        settings.scope = .specifiedAgents
        settings.seats = 3
        settings.claim = .head
        settings.claimOnly = true
        settings.openLimit = 4
        settings.newPerMinute = 5
        settings.hiddenGraceMilliseconds = nil
        return settings
    }

    static var timed: ProjectSettings {
        var settings = settings
        settings.timers.firstReplyMilliseconds = 60_000
        settings.timers.goneMilliseconds = nil
        return settings
    }

    static let hours = Hours(
        zone: "Asia/Tokyo", week: [.init(day: 1, from: 540, to: 1020)], outside: .hold)

    static var timetabled: ProjectSettings {
        var settings = ProjectSettings(name: "Plain", botUsername: "b")
        settings.hours = hours
        settings.messagesPerMinute = 30
        return settings
    }

    static var departure: AgentChange {
        var change = AgentChange()
        change.isActive = false
        change.handOver = AgentID(3)
        return change
    }

    static var change: AgentChange {
        var change = AgentChange()
        change.name = "Ana"
        change.isActive = false
        change.openLimit = 300
        return change
    }

    static func message(_ start: Start?) -> InboundMessage {
        InboundMessage(
            user: TelegramID(5_000_000_000), name: "Zoë", username: "zoe", language: "pt-BR",
            messageID: 77, kind: "photo", text: "hi", fileID: "F1", start: start)
    }

    static func update(_ content: InboundUpdate.Content) -> Command {
        .update(InboundUpdate(project: ProjectID(8), updateID: 1_000_000, content: content))
    }

    static let time = LogTime(milliseconds: 1_800_000_000_000)
    static let key = ClickKey(epoch: 0xfeed_face_0000_0001, sequence: 300)
    static let link = LinkSettings(
        code: "ad_1", name: "Ad", project: ProjectID(8), isEnabled: false, expires: time,
        opensApp: true)

    static var leading: LinkSettings {
        var settings = link
        settings.pool = PoolID(31)
        settings.language = "pt-br"
        return settings
    }

    static let pool = PoolSettings(
        name: "Billing", only: MemberRule(agents: [AgentID(2)], tags: ["billing", "lang:de"]),
        untilMilliseconds: 60_000)

    static var preferring: LinkSettings {
        var settings = link
        settings.opensApp = false
        settings.prefer = pool.only
        return settings
    }

    static var commands: [Command] {
        office + accounts + configuration + traffic + desk + levels + pools + paperwork + links
            + frontDoor + moderation + throughTokens + hooks + conditional + privacy + formatted
            + files + unreachable + whole + seen
    }

    private static var unreachable: [Command] {
        [.chatNotFound, .notAllowed].map { why in
            .finishSending(OutboxID(160), epoch: 9, .failed(reason: "400", unreachable: why))
        }
    }

    private static var seen: [Command] {
        var hidden = Lease(connection: 5, agent: AgentID(3), isVisible: false, shownIndex: 500)
        hidden.hiddenMilliseconds = 300
        return [
            .bar(TelegramID(5), of: ProjectID(8), by: AgentID(2), true, version: 3),
            .renewLeases(
                node: 2, incarnation: 3,
                [
                    Lease(
                        connection: 4, agent: AgentID(2), isVisible: true, mayNotify: true,
                        shownIndex: 500), hidden,
                ]),
        ]
    }

    private static var office: [Command] {
        [
            .advance, .beginEpoch(9), .startSending([OutboxID(160), OutboxID(161)], epoch: 9),
            .finishSending(OutboxID(160), epoch: 9, .sent(messageID: 12)),
            .finishSending(
                OutboxID(160), epoch: 9, .failed(reason: "403", unreachable: .blockedBot)),
            .finishSending(OutboxID(160), epoch: 9, .retry(notBefore: time, reason: "429")),
            .finishSending(OutboxID(160), epoch: 9, .uncertain(reason: "lost")),
            .resend(OutboxID(160), by: AgentID(2)),
        ]
    }

    private static var accounts: [Command] {
        [
            .bootstrap(login: "admin", name: "Admin", passwordHash: "scrypt$1"),
            .createAgent(
                by: AgentID(1), login: "ana", name: "Ana", passwordHash: "s", isAdmin: false),
            .createAgent(by: nil, login: "wei", name: "", passwordHash: "", isAdmin: true),
            .updateAgent(AgentID(2), by: nil, change),
            .signIn(
                AgentID(2), tokenHash: [9, 8, 7], idleMilliseconds: 1000,
                absoluteMilliseconds: 2000),
            .signOut(AgentID(2), tokenHash: [9, 8, 7]),
        ]
    }

    private static var configuration: [Command] {
        [
            .createProject(by: AgentID(1), settings),
            .updateProject(
                ProjectID(8), by: nil, ProjectSettings(name: "Plain", botUsername: "b")),
            .setMembers(
                ProjectID(8), by: AgentID(1),
                [Member(agent: AgentID(2), permissions: .all, isInScope: false)]),
            .createLink(by: AgentID(1), link), .updateLink(LinkID(30), by: nil, link),
        ]
    }

    private static var pools: [Command] {
        [
            .setMembers(
                ProjectID(8), by: nil,
                [
                    Member(agent: AgentID(2), permissions: .reply, tags: ["lang:de", "vip"]),
                    Member(agent: AgentID(3), permissions: .all),
                ]),
            .createProject(by: nil, timed),
            .updateProject(ProjectID(8), by: nil, timetabled),
            .setMembers(
                ProjectID(8), by: nil, [Member(agent: AgentID(3), permissions: .all)],
                handOver: AgentID(3)),
            .updateAgent(AgentID(2), by: nil, departure),
            .takeOver(SessionID(40), by: AgentID(2), version: 3),
            .bar(TelegramID(5), of: ProjectID(8), by: AgentID(2), true),
            .resolveHours(
                ProjectID(8), hours,
                OpenTimes(
                    spans: [.init(from: time, to: time.adding(milliseconds: 60_000))], end: time)),
            .createPool(by: AgentID(1), ProjectID(8), pool),
            .updatePool(PoolID(31), by: nil, pool), .removePool(PoolID(31), by: AgentID(1)),
            .createLink(by: nil, leading), .updateLink(LinkID(30), by: nil, preferring),
            update(
                .message(
                    message(
                        .click(
                            link: LinkID(30), key: key, clickedAt: time, language: "pt-br")))),
        ]
    }

    private static var traffic: [Command] {
        [
            update(.message(message(nil))), update(.message(message(.plain))),
            update(.message(message(.click(link: LinkID(30), key: key, clickedAt: time)))),
            update(.message(message(.text("ref")))), update(.edit(message(nil))),
            update(.blocked(TelegramID(5), true)),
            update(.callback(user: TelegramID(5), data: "yes")),
            update(.unsupported(kind: "poll")),
            .clicks([
                Click(
                    key: key, link: LinkID(30), at: time, node: 2, flag: .bot, address: "::1",
                    userAgent: "curl", referrer: "r", language: "en", query: "a=b")
            ]),
            .renewLeases(
                node: 2, incarnation: 3,
                [
                    Lease(
                        connection: 4, agent: AgentID(2), isVisible: true, mayNotify: true,
                        shownIndex: 500)
                ]),
            .closeConnections(node: 2, incarnation: 3, [4, 5]), .setAway(AgentID(2), true),
        ]
    }

    private static var levels: [Command] {
        [
            .raiseLevel(to: .second), .forceOffline(AgentID(2), by: AgentID(1)),
            .forceOffline(AgentID(2), by: nil),
            .createToken(
                by: AgentID(1), name: "CRM", for: AgentID(2), tokenHash: [9, 8, 7],
                scopes: [.read, .manage]),
            .revokeToken(APITokenID(70), by: nil),
        ]
    }

    static var book: DeskBook {
        var book = DeskBook()
        book.tags = ["vip", "refund"]
        book.canned = [CannedReply(name: "hi", text: "Hi {customer}")]
        book.welcome = "Hello"
        book.nobodyAvailable = "Wait"
        return book
    }

    static var closingBook: DeskBook {
        var book = DeskBook()
        book.outOfHours = "Closed"
        return book
    }

    static let verdict = Verdict(.confirm, version: 70, rule: "price")

    private static func moderated(_ content: InboundUpdate.Content) -> Command {
        var update = InboundUpdate(project: ProjectID(8), updateID: 1_000_000, content: content)
        update.verdict = verdict
        return .update(update)
    }

    private static var moderation: [Command] {
        [
            .setModeration(
                ProjectID(8), by: AgentID(1),
                [
                    ModerationRule("casino", .word, .both, .flag),
                    ModerationRule("t.me/*", .pattern, .inbound, .block),
                ]),
            moderated(.message(message(nil))), moderated(.edit(message(nil))),
            .moderatedReply(SessionID(40), by: AgentID(2), text: "The price", verdict),
            .refuseReply(SessionID(40), by: AgentID(2), verdict),
        ]
    }

    private static var formatted: [Command] {
        var message = message(nil)
        message.extras = MessageExtras(
            entities: [TextEntity(.bold, 0, 2)], of: "hi",
            attachment: Attachment(thumbnailID: "T1", name: "a.jpg", size: 300))
        let sent = SentMessage(ordinal: 3, messageID: 12, at: time)
        let (session, ana) = (SessionID(40), AgentID(2))
        let bold = Revision.text("new", [TextEntity(.bold, 0, 3)])
        return [
            update(.message(message)), moderated(.edit(message)),
            .formattedReply(
                session, by: ana, text: "The price", [TextEntity(.bold, 4, 5)], verdict),
            .formattedReply(
                session, by: ana, text: "hi", [TextEntity(.pre, 0, 2, value: "c")], nil),
            .revise(session, by: ana, sent, .text("new", []), nil),
            .revise(session, by: ana, sent, .deletion, nil),
            .reviseQueued(OutboxID(160), by: ana, bold, verdict),
            .reviseQueued(OutboxID(160), by: ana, .deletion, nil),
        ]
    }

    private static var whole: [Command] {
        var (place, person) = (message(nil), message(nil))
        place.extras = MessageExtras(
            album: "A1", replyTo: 70,
            enclosure: .location(
                Location(
                    latitude: 525_200_080, longitude: -1_234_567, isLive: true, title: "Café",
                    address: "Str. 1")))
        person.extras = MessageExtras(
            enclosure: .contact(ContactCard(phoneNumber: "+49 30 1", firstName: "Zoë")))
        let sent = SentMessage(ordinal: 3, messageID: 12, at: time)
        return [
            update(.message(place)), moderated(.edit(person)),
            .answer(
                SessionID(40), by: AgentID(2), to: sent, text: "hi", [TextEntity(.bold, 0, 2)],
                verdict),
            .answer(SessionID(40), by: AgentID(2), to: sent, text: "hi", [], nil),
        ]
    }

    private static var paperwork: [Command] {
        [
            .addNote(SessionID(40), by: AgentID(2), text: "mine"),
            .addRemark(SessionID(40), by: AgentID(2), text: "ours"),
            .setTags(SessionID(40), by: AgentID(2), add: ["vip"], remove: []),
            .setDeskBook(ProjectID(8), by: nil, book),
            .setDeskBook(ProjectID(8), by: nil, closingBook),
        ]
    }

    static let terms = LinkTerms(
        utm: ["mail", "", "may", "", ""],
        rules: [LinkTerms.Rule(name: "lang", value: "zh", project: ProjectID(9))],
        addresses: .truncated)
    static let click = Click(key: key, link: LinkID(30), at: time, node: 2, flag: .human)

    private static var links: [Command] {
        var seen = click
        seen.fingerprint = 0xfeed
        return [
            .makeLink(by: AgentID(1), link, terms), .makeLink(by: nil, link, LinkTerms()),
            .editLink(LinkID(30), by: nil, version: 4, link, terms),
            .editLink(LinkID(30), by: AgentID(1), version: nil, link, terms),
            .clicks([seen, click]),
        ]
    }

    private static var frontDoor: [Command] {
        let confirmed = WebhookPoint(
            url: "https://a.example/telegram/8", node: nil, gone: nil, by: AgentID(2),
            isConfirmed: true)
        return [
            .tellURL(node: 2, "https://b.example"), .tellURL(node: 300, ""),
            .pointWebhook(
                ProjectID(8),
                WebhookPoint(
                    url: "https://b.example/telegram/8", node: 2, gone: 1, by: nil,
                    isConfirmed: false)),
            .pointWebhook(ProjectID(8), confirmed),
        ]
    }

    private static var throughTokens: [Command] {
        [
            .through(APITokenID(70), .revokeToken(APITokenID(70), by: AgentID(1))),
            .through(APITokenID(70), .setDeskBook(ProjectID(8), by: AgentID(1), DeskBook())),
        ]
    }

    private static var conditional: [Command] {
        [
            .createToken(
                by: nil, name: "M", for: AgentID(2), tokenHash: [9], scopes: [.read, .manage],
                ends: time),
            .moveSignIn(from: [9, 8, 7], to: [6, 5]),
            .ifUnchanged(since: 300, .removePool(PoolID(31), by: AgentID(1))),
            .through(
                APITokenID(70),
                .ifUnchanged(
                    since: 9, .setDeskBook(ProjectID(8), by: AgentID(1), DeskBook()))),
        ]
    }

    static var retaining: ProjectSettings {
        var settings = ProjectSettings(name: "Plain", botUsername: "b")
        settings.clickRetentionDays = 30
        return settings
    }

    static let leadingTerms = LinkTerms(
        rules: [
            LinkTerms.Rule(name: "lang", value: "zh", project: ProjectID(8), pool: PoolID(31)),
            LinkTerms.Rule(name: "l", value: "d", project: ProjectID(9), language: "de"),
        ])

    private static var privacy: [Command] {
        let item = HistoryItem(
            index: 41, at: time, what: .remarked(by: AgentID(2), text: ""), decision: nil)
        return [
            .eraseCustomer(TelegramID(5), of: ProjectID(8), by: AgentID(1)),
            .eraseSession(ErasureID(90), SessionID(40), from: 2, [item]),
            .finishErasure(ErasureID(90)), .forgetClicks([click]), .tellErased(node: 2, 90),
            .updateProject(ProjectID(8), by: nil, retaining),
            .makeLink(by: nil, link, leadingTerms),
            update(
                .message(
                    message(
                        .click(
                            link: LinkID(30), key: key, clickedAt: time, language: "de",
                            pool: PoolID(31))))),
            update(
                .message(
                    message(
                        .click(
                            link: LinkID(30), key: key, clickedAt: time, language: "de",
                            pool: PoolID(31), project: ProjectID(8))))),
        ]
    }

    private static var desk: [Command] {
        [
            .reply(SessionID(40), by: AgentID(2), text: "hello"),
            .claim(SessionID(40), by: AgentID(2), version: 3),
            .transfer(
                SessionID(40), by: AgentID(2), to: AgentID(3), version: 3, remark: "r",
                confirmed: true),
            .transfer(
                SessionID(40), by: AgentID(2), to: nil, version: 3, remark: "", confirmed: false),
            .giveBack(SessionID(40), by: AgentID(2), version: 3),
            .complete(SessionID(40), by: AgentID(2), version: 3),
            .reopen(SessionID(40), by: AgentID(2), version: 3),
        ]
    }
}
