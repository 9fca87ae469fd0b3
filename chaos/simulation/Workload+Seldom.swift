import Replica
import Routing
import Wire

/// What people do seldom, so that every command there is comes into the log.
extension Workload {
    /// A customer who may be erased. What they write is in no record of the clients.
    static let forgettable = TelegramID(61)

    /// One of the commands that are given seldom.
    func seldom(_ project: ProjectID) throws {
        switch cluster.chance.number(0...9) {
        case 0: try reopen(project)
        case 1: try signOutOrMove()
        case 2: try style()
        case 3: try judge(project)
        case 4, 5: try changeMessage()
        case 6: try failOrResend()
        case 7: try useToken(project)
        case 8: try tryHook(project)
        default: try forget(project)
        }
    }

    private func reopen(_ project: ProjectID) throws {
        guard let view, let id = view.state.completed(in: project, limit: 5).last,
            let session = view.state.session(id)
        else { return }
        try submit(.reopen(id, by: somebody, version: session.version))
    }

    private func signOutOrMove() throws {
        let place = Int(cluster.chance.number(0...Int64(agents.count - 1)))
        guard let known = view?.state.signIns(of: agents[place]).first else { return }
        let hash = known.tokenHash
        if cluster.chance.happens(permille: 500) {
            try submit(.moveSignIn(from: hash, to: hash.map { $0 ^ 0x80 }))
        } else {
            try submit(.signOut(agents[place], tokenHash: hash))
            try submit(signIn(place))
        }
    }

    // MARK: Messages

    private static let words: Text = "bold words"
    private static let verdict = Verdict(.flag, version: 1, rule: "words")

    /// An answer with formatting, or one of which rules speak.
    private func style() throws {
        guard let (session, owner) = owned() else { return }
        let bold = [TextEntity(.bold, 0, 4)]
        let verdict = cluster.chance.happens(permille: 300) ? Self.verdict : nil
        let command = cluster.chance.pick([
            Command.formattedReply(session.id, by: owner, text: Self.words, bold, verdict),
            .moderatedReply(session.id, by: owner, text: Self.words, Self.verdict),
            .answer(
                session.id, by: owner,
                to: SentMessage(ordinal: 0, messageID: 1, at: session.openedAt),
                text: Self.words, bold, verdict),
            .refuseReply(
                session.id, by: owner, Verdict(.block, version: 1, rule: "words")),
        ])
        try submit(command)
    }

    private func judge(_ project: ProjectID) throws {
        let actions = ModerationRule.Action.allCases
        let rules = [ModerationRule("spam", .word, .both, cluster.chance.pick(actions))]
        try submit(.setModeration(project, by: agents[0], rules))
    }

    /// The author changes or takes back a message, as a console there shows it. Texts that clients
    /// count stay as they are.
    private func changeMessage() throws {
        guard let view else { return }
        let isDeleted = cluster.chance.happens(permille: 400)
        let revision = isDeleted ? Revision.deletion : .text("other words", [])
        guard let (session, owner) = owned() else { return }
        let chat = Chat(project: session.project, user: session.user)
        let waiting = view.state.outbox(of: chat).filter { $0.text == Self.words }
        if let message = waiting.first {
            return try submit(.reviseQueued(message.id, by: message.agent, revision, nil))
        }
        let disk = cluster.members[view.node]!.disk
        guard session.historyCount > 0 else { return }
        let ordinal = cluster.chance.number(0...session.historyCount - 1)
        guard let item = try disk.history(of: session.id, at: ordinal),
            case .outbound(let message) = item.what, message.text == Self.words,
            case .sent(let number) = message.state
        else { return }
        let target = SentMessage(ordinal: ordinal, messageID: number, at: item.at)
        try submit(.revise(session.id, by: owner, target, revision, nil))
    }

    /// A call of the leader fails, or somebody has a message that failed sent again.
    private func failOrResend() throws {
        guard let view, let (session, owner) = owned() else { return }
        let chat = Chat(project: session.project, user: session.user)
        for message in view.state.outbox(of: chat) {
            switch message.state {
            case .sending(let epoch):
                let result = cluster.chance.pick([
                    DeliveryResult.failed(reason: "no", unreachable: nil),
                    .uncertain(reason: "lost"),
                ])
                return try submit(.finishSending(message.id, epoch: epoch, result))
            case .failed, .uncertain: return try submit(.resend(message.id, by: owner))
            case .queued, .sent, .withdrawn: continue
            }
        }
    }

    // MARK: Managers

    private func useToken(_ project: ProjectID) throws {
        guard let view else { return }
        let number = UInt8(cluster.chance.number(1...9))
        guard let token = view.state.apiTokens.first, cluster.chance.happens(permille: 600) else {
            let hash = [UInt8](repeating: number, count: 32)
            return try submit(
                .createToken(
                    by: agents[0], name: "crm", for: agents[0], tokenHash: hash, scopes: .all))
        }
        if cluster.chance.happens(permille: 300) {
            return try submit(.revokeToken(token.id, by: agents[0]))
        }
        let settings = LinkSettings(
            code: Text("more\(cluster.chance.number(1...9))"), name: "more", project: project)
        let link = Command.makeLink(by: agents[0], settings, LinkTerms())
        try submit(cluster.chance.happens(permille: 500) ? .through(token.id, link) : link)
    }

    private func tryHook(_ project: ProjectID) throws {
        guard let view, let hook = view.state.hooks(of: project).first else { return }
        switch cluster.chance.number(0...9) {
        case 0: try submit(.removeHook(hook.id, by: agents[0]))
        case 1...4: try submit(.pingHook(hook.id, by: agents[0]))
        default:
            let waiting = view.state.deliveries(to: hook.id, after: 0, limit: 1)
            guard let first = waiting.first else { return }
            try submit(.passOverDelivery(first.sequence, of: hook.id, by: agents[0]))
        }
    }

    // MARK: Erasing

    /// The forgettable customer writes, is erased, and writes again: one step of it.
    private func forget(_ project: ProjectID) throws {
        guard let view else { return }
        if let erasure = view.state.erasureUnderWay {
            return try erase(erasure, view.state, cluster.members[view.node]!.disk)
        }
        if let last = view.state.lastErasure, cluster.chance.happens(permille: 300) {
            return try submit(.tellErased(node: view.node.rawValue, last.index))
        }
        let user = Self.forgettable
        let id = view.state.latestSession(project: project, user: user)
        guard id != nil, cluster.chance.happens(permille: 300) else {
            return try write(project, as: user)
        }
        try submit(.eraseCustomer(user, of: project, by: agents[0]))
    }

    /// What the leader's node does: rows without their words, then the end. Some are too early.
    private func erase(
        _ erasure: Erasure, _ state: RoutingState, _ disk: SimulatedDisk
    ) throws {
        let recent = state.completed(in: erasure.project, limit: 100)
            .compactMap { state.session($0) }
        let theirs = recent.filter {
            $0.id.rawValue < erasure.id.rawValue
                && ($0.user == erasure.user || $0.user == erasure.pseudonym)
        }
        if cluster.chance.happens(permille: 300) {
            if let link, let number = theirs.first?.id.rawValue {
                let key = ClickKey(epoch: 7, sequence: UInt64(number % 40))
                let click = Click(
                    key: key, link: link, at: LogTime(milliseconds: 1_800_000_000_000), node: 1,
                    flag: .human)
                try submit(.forgetClicks([click]))
            }
            return try submit(.finishErasure(erasure.id))
        }
        guard !theirs.isEmpty else { return }
        let session = cluster.chance.pick(theirs)
        var items: [HistoryItem] = []
        while let item = try disk.history(of: session.id, at: Int64(items.count)) {
            items.append(item.withoutWords)
        }
        try submit(.eraseSession(erasure.id, session.id, from: 0, items))
    }
}

extension SimulatedDisk {
    /// A row of a session's history, as far as rows are written.
    func history(of session: SessionID, at ordinal: Int64) throws -> HistoryItem? {
        let key = RowKey(
            table: RowTable.history.rawValue, major: session.rawValue, minor: ordinal)
        return try rows[key].map { try HistoryItem(value: $0) }
    }
}
