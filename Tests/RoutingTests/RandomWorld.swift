import Wire

@testable import Routing

/// A world in which everything happens at random: what any user of the node could ask for.
struct RandomWorld {
    var world = World()
    var dice: Dice
    var agents: [AgentID] = []
    var projects: [ProjectID] = []
    var links: [LinkID] = []
    /// Every command, with its time, to be told again to another state.
    var log: [(LogTime, Command)] = []
    var epoch: UInt64 = 0
    var clickSequence: UInt64 = 0

    /// Every other world is at the newest level, the others at the first.
    init(seed: UInt64) {
        dice = Dice(seed: seed)
        if seed.isMultiple(of: 2) { commit(.raiseLevel(to: .newest)) }
        for number in 0..<dice.roll(1...6) {
            agents.append(
                AgentID(
                    id(
                        .createAgent(
                            by: nil, login: Text("agent\(number)"), name: "A", passwordHash: "x",
                            isAdmin: number == 0))))
        }
        for _ in 0..<dice.roll(1...3) {
            let settings = randomSettings()
            projects.append(ProjectID(id(.createProject(by: nil, settings))))
            commit(.setMembers(projects.last!, by: nil, randomMembers()))
        }
        if isNewest {
            for _ in 0..<2 { commit(randomPool(in: dice.pick(projects))) }
        }
        for number in 0..<4 {
            let settings = randomLink(Text("code\(number)"))
            links.append(LinkID(id(.createLink(by: nil, settings))))
        }
        for agent in agents where !dice.once(in: 8) { commit(signIn(agent)) }
        commit(.renewLeases(node: 1, incarnation: 11, agents.map { lease($0, isVisible: true) }))
    }

    private mutating func id(_ command: Command) -> Int64 {
        guard case .done(let id) = commit(command) else { fatalError("\(command)") }
        return id
    }

    @discardableResult
    mutating func commit(_ command: Command) -> Outcome {
        log.append((world.time, command))
        return world.apply(command)
    }

    /// One random thing, after a random while; `after` sees the world after each command.
    mutating func step(after: (World, Command) -> Void = { _, _ in }) {
        switch dice.roll(1...30) {
        case 1 where dice.once(in: 2):
            world.time = world.time.adding(milliseconds: Int64(dice.roll(1...100_000)))
        case 2...10: world.time = world.time.adding(milliseconds: Int64(dice.roll(1...4000)))
        case 13...16:
            if let due = world.state.nextDeadline { world.time = max(world.time, due) }
        default: break
        }
        let command = randomCommand()
        commit(command)
        after(world, command)
        // A leader would go on at once.
        for _ in 0..<40 {
            guard let due = world.state.nextDeadline, due <= world.time else { return }
            commit(.advance)
            after(world, .advance)
        }
        fatalError("advance never ends")
    }

    private mutating func randomCommand() -> Command {
        switch dice.roll(1...56) {
        case 1...14: inbound()
        case 56: configure()
        case 15 where dice.once(in: 3):
            .setMembers(
                dice.pick(projects), by: nil, randomMembers(),
                handOver: isNewest && dice.once(in: 3) ? dice.pick(agents) : nil)
        case 16 where dice.once(in: 3):
            conditional(.updateProject(dice.pick(projects), by: nil, randomSettings()))
        case 17: randomAgentChange()
        case 18: signIn(dice.pick(agents))
        case 19 where dice.once(in: 4): signOut(dice.pick(agents))
        case 20: .setAway(dice.pick(agents), dice.once(in: 4))
        case 21...25: .renewLeases(node: 1, incarnation: 11, randomLeases())
        case 26:
            .closeConnections(
                node: 1, incarnation: 11, [UInt64(dice.pick(agents).rawValue) * 2])
        case 27: clicks()
        case 28: .advance
        case 29: beginEpoch()
        case 30, 31:
            .startSending(
                world.state.outboxReady(at: world.time, limit: 3).map(\.id), epoch: epoch)
        case 32, 33: finish()
        case 34 where dice.once(in: 3): .forceOffline(dice.pick(agents), by: nil)
        case 35 where dice.once(in: 3): randomEdit()
        case 36: paperwork()
        case 37 where isNewest && dice.once(in: 2): hooking()
        default: desk()
        }
    }

    private mutating func randomEdit() -> Command {
        let link = world.state.link(dice.pick(links))!
        var terms = LinkTerms()
        terms.addresses = dice.pick(LinkTerms.Addresses.allCases)
        terms.rules = [LinkTerms.Rule(name: "p", value: "1", project: dice.pick(projects))]
        let version = dice.once(in: 2) ? nil : link.version - UInt64(dice.roll(0...1))
        return .editLink(link.id, by: nil, version: version, link.settings, terms)
    }

    private mutating func randomSettings() -> ProjectSettings {
        var settings = ProjectSettings(name: "desk", botUsername: "")
        settings.mode = dice.pick(Mode.allCases)
        settings.balance = dice.pick(Balance.allCases)
        settings.scope = dice.once(in: 3) ? .specifiedAgents : .allAgents
        settings.claim = dice.pick(ClaimRule.allCases)
        settings.claimOnly = dice.once(in: 12)
        settings.assignOffline = dice.pick(
            [nil, .never, .after(milliseconds: 0), .after(milliseconds: 30_000)])
        if dice.once(in: 3) { settings.seats = UInt32(dice.roll(1...5)) }
        if dice.once(in: 4) { settings.openLimit = UInt32(dice.roll(1...3)) }
        if dice.once(in: 4) { settings.newPerMinute = UInt32(dice.roll(1...3)) }
        settings.hiddenGraceMilliseconds = dice.pick([nil, 0, 20_000, 60_000])
        if isNewest {
            settings.timers = randomTimers()
            if dice.once(in: 4) { settings.hours = Self.hours }
            if dice.once(in: 3) { settings.messagesPerMinute = UInt32(dice.roll(1...3)) }
        }
        settings.reopenMilliseconds = dice.pick([0, 100_000, 86_400_000])
        return settings
    }

    private static let hours = Hours(
        zone: "Asia/Tokyo", week: [.init(day: 1, from: 540, to: 1020)], outside: .hold)

    /// Some hours of a project with hours.
    private mutating func resolve() -> Command {
        let start = world.time.adding(milliseconds: Int64(dice.roll(-20_000...20_000)))
        let end = start.adding(milliseconds: Int64(dice.roll(1...60_000)))
        return .resolveHours(
            dice.pick(projects), Self.hours,
            OpenTimes(
                spans: [.init(from: start, to: end)],
                end: end.adding(milliseconds: Int64(dice.roll(0...60_000)))))
    }

    private mutating func randomTimers() -> Timers {
        var timers = Timers()
        if dice.once(in: 2) { timers.firstReplyMilliseconds = dice.pick([5000, 40_000]) }
        timers.firstReplyMoves = UInt32(dice.roll(0...2))
        timers.goneMilliseconds = dice.pick([nil, 20_000, 90_000])
        timers.completeMilliseconds = dice.pick([nil, 60_000, 86_400_000])
        return timers
    }

    private mutating func randomMembers() -> [Member] {
        let count = dice.once(in: 5) ? dice.roll(0...agents.count) : agents.count
        return agents.shuffled(using: &dice).prefix(count).map {
            Member(
                agent: $0,
                permissions: dice.once(in: 6)
                    ? Permissions(rawValue: UInt8(dice.roll(0...15))) : [.reply, .transfer],
                isInScope: !dice.once(in: 5), tags: randomTags())
        }
    }

    private static let tags: [Text] = ["lang:de", "lang:de-at", "lang:en", "billing"]

    /// What the first level does not know is refused there, and not tried.
    var isNewest: Bool { world.state.level == .newest }

    private mutating func randomTags() -> [Text] {
        !isNewest || dice.once(in: 2) ? [] : RandomWorld.tags.filter { _ in dice.once(in: 3) }
    }

    private mutating func randomRule() -> MemberRule {
        dice.once(in: 2)
            ? MemberRule(agents: [dice.pick(agents)]) : MemberRule(tags: [dice.pick(Self.tags)])
    }

    private mutating func randomPool(in project: ProjectID) -> Command {
        let settings = PoolSettings(
            name: Text("pool\(dice.roll(1...4))"), only: randomRule(),
            untilMilliseconds: dice.pick([nil, 0, 20_000]))
        let known = world.state.pools(of: project)
        guard !known.isEmpty, !dice.once(in: 4) else {
            return .createPool(by: nil, project, settings)
        }
        let pool = dice.pick(known).id
        return dice.once(in: 4)
            ? .removePool(pool, by: nil) : .updatePool(pool, by: nil, settings)
    }

    private mutating func randomLink(_ code: Text) -> LinkSettings {
        var settings = LinkSettings(code: code, name: "ad", project: dice.pick(projects))
        guard isNewest else { return settings }
        let pools = world.state.pools(of: settings.project)
        if !pools.isEmpty, !dice.once(in: 3) { settings.pool = dice.pick(pools).id }
        if settings.pool == nil, dice.once(in: 2) { settings.prefer = randomRule() }
        if dice.once(in: 4) { settings.language = "en" }
        return settings
    }

    /// A manager changes a pool or a link.
    private mutating func configure() -> Command {
        if isNewest, dice.once(in: 4) { return resolve() }
        if isNewest, dice.once(in: 4) {
            let user = TelegramID(Int64(dice.roll(1...25)))
            let project = dice.pick(projects)
            // Every other one by somebody who saw the session.
            let seen = world.state.latestSession(project: project, user: user)
                .flatMap { user.rawValue % 2 == 0 ? world.state.session($0)?.version : nil }
            return .bar(user, of: project, by: agents[0], dice.once(in: 2), version: seen)
        }
        if dice.once(in: 2) { return randomPool(in: dice.pick(projects)) }
        let number = dice.roll(0...links.count - 1)
        return .updateLink(links[number], by: nil, randomLink(Text("code\(number)")))
    }

    private mutating func randomAgentChange() -> Command {
        var change = AgentChange()
        switch dice.roll(1...4) {
        case 1: change.openLimit = UInt32(dice.roll(0...4))
        case 2: change.newPerMinute = UInt32(dice.roll(0...4))
        case 3: change.isActive = !dice.once(in: 3)
        default: change.isActive = true
        }
        if isNewest, change.isActive == false, dice.once(in: 2) {
            change.handOver = dice.pick(agents)
        }
        return .updateAgent(dice.pick(agents), by: nil, change)
    }

    private func signIn(_ agent: AgentID) -> Command {
        .signIn(
            agent, tokenHash: world.cookie(agent), idleMilliseconds: 200_000,
            absoluteMilliseconds: 900_000)
    }

    /// A browser signs out, or goes on at another address.
    private func signOut(_ agent: AgentID) -> Command {
        let cookie = world.cookie(agent)
        guard isNewest, world.index % 2 == 0 else { return .signOut(agent, tokenHash: cookie) }
        return .moveSignIn(from: cookie, to: cookie.dropLast() + [1])
    }

    private func lease(_ agent: AgentID, isVisible: Bool, page: UInt64 = 0) -> Lease {
        var lease = Lease(
            connection: UInt64(agent.rawValue) * 2 + page, agent: agent, isVisible: isVisible)
        // Some come back hidden, for longer or less long than a grace.
        if isNewest, !isVisible {
            lease.hiddenMilliseconds = UInt32(lease.connection % 5) * 20_000
        }
        return lease
    }

    /// Most pages renew together, as those of one node do.
    private mutating func randomLeases() -> [Lease] {
        var leases: [Lease] = []
        for agent in agents where !dice.once(in: 4) {
            leases.append(
                lease(agent, isVisible: !dice.once(in: 8), page: dice.once(in: 4) ? 1 : 0))
        }
        return leases
    }

    private mutating func inbound() -> Command {
        let project = dice.pick(projects)
        let user = Int64(dice.roll(1...25))
        let language = dice.pick(["de", "de-AT", "en-GB", "fr", ""] as [Text])
        var content = InboundUpdate.Content.message(
            world.message(user, start: start(), language: language))
        switch dice.roll(1...14) {
        case 1: content = .blocked(TelegramID(user), !dice.once(in: 4))
        case 2: content = .edit(world.message(user, "changed"))
        case 3: content = .callback(user: TelegramID(user), data: "yes")
        default: break
        }
        return .update(
            InboundUpdate(
                project: project, updateID: Int64(dice.roll(1...1500)),
                content: isNewest ? withMore(content) : content))
    }

    /// Some are parts of albums, answer something, or are places.
    private func withMore(_ content: InboundUpdate.Content) -> InboundUpdate.Content {
        let number = world.index
        switch content {
        case .message(var message) where number % 3 == 0:
            message.extras = MessageExtras(album: number % 2 == 0 ? "album" : "", replyTo: 4)
            return .message(message)
        case .edit(var message) where number % 2 == 0:
            message.kind = "location"
            message.extras = MessageExtras(
                enclosure: .location(Location(latitude: number, longitude: -number)))
            return .edit(message)
        case .message, .edit, .blocked, .callback, .unsupported: return content
        }
    }

    private mutating func start() -> Start? {
        switch dice.roll(1...10) {
        case 1: .plain
        case 2: .text("ref")
        case 3, 4:
            .click(
                link: dice.pick(links),
                key: ClickKey(epoch: 9, sequence: UInt64(dice.roll(1...30))),
                clickedAt: world.time, language: isNewest && dice.once(in: 5) ? "de-at" : "")
        default: nil
        }
    }

    private mutating func clicks() -> Command {
        .clicks(
            (0..<dice.roll(1...4)).map { _ in
                Click(
                    key: ClickKey(
                        epoch: UInt64(dice.roll(8...9)), sequence: UInt64(dice.roll(1...30))),
                    link: dice.pick(links), at: world.time, node: 1,
                    flag: dice.pick(Click.Flag.allCases))
            })
    }

    private mutating func beginEpoch() -> Command {
        epoch += 1
        return .beginEpoch(epoch)
    }

    private mutating func finish() -> Command {
        let sending = world.state.outgoing.sending.ascending()
        guard !sending.isEmpty else { return .advance }
        let kinds = Unreachable.allCases
        let why = isNewest ? kinds[Int(world.index) % kinds.count] : .blockedBot
        let results: [DeliveryResult] = [
            .sent(messageID: 4), .failed(reason: "no", unreachable: dice.once(in: 2) ? why : nil),
            .uncertain(reason: "lost"),
            .retry(notBefore: world.time.adding(milliseconds: 5000), reason: "slow"),
        ]
        let id = dice.pick(sending)
        let result = dice.pick(results)
        guard world.state.outbox(id)?.file != nil, case .sent = result else {
            return .finishSending(id, epoch: epoch, result)
        }
        return .finishSending(
            id, epoch: epoch, .sentFile(messageID: 4, SentFile(fileID: "F", thumbnailID: "T")))
    }

    /// Now and then under a condition, which holds or does not.
    private func conditional(_ command: Command) -> Command {
        guard isNewest, world.index % 3 == 0,
            let seen = command.setting.flatMap({ world.state.version(of: $0) })
        else { return command }
        return .ifUnchanged(since: world.index % 2 == 0 ? seen : seen - 1, command)
    }

    /// An agent writes something about a session, or a manager changes what the desk says.
    mutating func paperwork() -> Command {
        let project = dice.pick(projects)
        var book = DeskBook()
        if !dice.once(in: 4) { book.tags = ["vip", "refund", "late"] }
        if dice.once(in: 2) { book.welcome = "Hello {customer}" }
        if dice.once(in: 2) { book.nobodyAvailable = "About {minutes} minutes" }
        if dice.once(in: 3) { book.outOfHours = "Closed" }
        let sessions = world.state.sessions(in: project, limit: 12)
        guard !sessions.isEmpty, !dice.once(in: 5) else {
            return dice.once(in: 3) ? pointing(project) : .setDeskBook(project, by: nil, book)
        }
        let session = dice.pick(sessions)
        let by = world.owner(session) ?? dice.pick(agents)
        switch dice.roll(1...4) {
        case 4: return message(in: session, by: by)
        case 1: return .addNote(session, by: by, text: "note")
        case 2: return .addRemark(session, by: by, text: "remark")
        default:
            return .setTags(
                session, by: by, add: [dice.pick(["vip", "refund"])],
                remove: [dice.pick(["vip", "late"])])
        }
    }

    /// An agent formats a message, or changes or deletes one.
    private mutating func message(in session: SessionID, by agent: AgentID) -> Command {
        let text = Revision.text("new words", [TextEntity(.bold, 0, 3)])
        let revision = dice.once(in: 2) ? text : .deletion
        let waiting = world.state.outbox(of: world.state.session(session)!.chat)
        switch dice.roll(1...5) {
        case 1 where !waiting.isEmpty:
            let message = dice.pick(waiting)
            let caption = Revision.caption("other words", [])
            let isCaption = message.file != nil && revision != .deletion
            return .reviseQueued(
                message.id, by: message.agent, isCaption ? caption : revision, nil)
        case 3, 4: return file(in: session, by: agent)
        case 2:
            let sent = SentMessage(ordinal: 1, messageID: 5, at: world.time)
            return .revise(session, by: agent, sent, revision, nil)
        default:
            let looks = [TextEntity(.italic, 1, 2)]
            guard world.index % 2 == 0 else {
                return .formattedReply(session, by: agent, text: "words", looks, nil)
            }
            let target = SentMessage(ordinal: 0, messageID: 5, at: world.time)
            return .answer(session, by: agent, to: target, text: "words", looks, nil)
        }
    }

    /// An agent sends a file, or a node has lost what it held.
    private mutating func file(in session: SessionID, by agent: AgentID) -> Command {
        let holder = UInt64(dice.roll(1...3))
        if dice.once(in: 8) { return .forgetFiles(holder: holder, but: dice.once(in: 2) ? nil : 2) }
        return .replyWithFile(
            session, by: agent, caption: dice.once(in: 2) ? "" : "see", [], nil,
            Samples.offer(
                dice.once(in: 2) ? .photo : .document, holder: holder,
                incarnation: UInt64(dice.roll(1...2))))
    }

    /// A webhook is pointed at a node, or a node tells where it is.
    private mutating func pointing(_ project: ProjectID) -> Command {
        let node = UInt64(dice.roll(1...3))
        let url = Text("https://node\(node).example")
        if dice.once(in: 2) { return .tellURL(node: node, dice.once(in: 4) ? "" : url) }
        return .pointWebhook(
            project,
            WebhookPoint(
                url: url, node: node, gone: dice.once(in: 2) ? nil : 9,
                by: dice.once(in: 2) ? nil : dice.pick(agents), isConfirmed: dice.once(in: 2)))
    }

    /// An agent does something with some session of some project.
    private mutating func desk() -> Command {
        let project = dice.pick(projects)
        var sessions = world.state.sessions(in: project, limit: 12)
        if dice.once(in: 4) { sessions += world.state.completed(in: project, limit: 4) }
        guard !sessions.isEmpty else { return .advance }
        let session = dice.pick(sessions)
        let version = world.version(session) - (dice.once(in: 10) ? 1 : 0)
        let by = dice.once(in: 3) ? dice.pick(agents) : world.owner(session) ?? dice.pick(agents)
        switch dice.roll(1...8) {
        case 1: return .claim(session, by: by, version: version)
        case 2: return .giveBack(session, by: by, version: version)
        case 4 where isNewest && dice.once(in: 3):
            return .takeOver(session, by: agents[0], version: version)
        case 3, 4: return .complete(session, by: by, version: version)
        case 5: return .reopen(session, by: by, version: version)
        case 6:
            return .transfer(
                session, by: by, to: dice.once(in: 2) ? nil : dice.pick(agents),
                version: version, remark: "r", confirmed: dice.once(in: 2))
        case 7:
            let failed = world.state.outbox(
                of: Chat(
                    project: world.state.session(session)!.project,
                    user: world.state.session(session)!.user))
            return failed.isEmpty ? .advance : .resend(dice.pick(failed).id, by: by)
        default: return .reply(session, by: by, text: "answer")
        }
    }
}
