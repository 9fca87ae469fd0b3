import Wire

// What the routing journal keeps of commands: enough to repeat every decision, and no word that
// anybody wrote, no name and no secret.
extension Command {
    /// The command as the journal keeps it. What decides nothing becomes `advance`: its entry lets
    /// deadlines fire all the same.
    public var forJournal: Command {
        switch self {
        case .advance, .renewLeases, .closeConnections, .setAway, .claim, .giveBack, .takeOver,
            .bar, .resolveHours, .complete, .reopen, .beginEpoch, .startSending, .resend,
            .raiseLevel, .forceOffline, .removePool, .setMembers, .eraseCustomer:
            self
        case .bootstrap(let login, _, _):
            .bootstrap(login: login.masked, name: "", passwordHash: "")
        case .createAgent(let by, let login, _, _, let isAdmin):
            .createAgent(
                by: by, login: login.masked, name: "", passwordHash: "", isAdmin: isAdmin)
        case .updateAgent(let id, let by, let change):
            .updateAgent(id, by: by, change.forJournal)
        case .signIn(let id, let hash, let idle, let absolute):
            .signIn(
                id, tokenHash: hash.maskedHash, idleMilliseconds: idle,
                absoluteMilliseconds: absolute)
        case .moveSignIn(let old, let new):
            .moveSignIn(from: old.maskedHash, to: new.maskedHash)
        case .signOut(let id, let hash): .signOut(id, tokenHash: hash.maskedHash)
        case .createProject(let by, let settings): .createProject(by: by, settings.forJournal)
        case .updateProject(let id, let by, let new): .updateProject(id, by: by, new.forJournal)
        case .createPool(let by, let project, let settings):
            .createPool(by: by, project, settings.forJournal)
        case .updatePool(let id, let by, let settings):
            .updatePool(id, by: by, settings.forJournal)
        case .createLink(let by, let settings): .createLink(by: by, settings.forJournal)
        case .updateLink(let id, let by, let settings):
            .updateLink(id, by: by, settings.forJournal)
        case .makeLink(let by, let settings, let terms):
            .makeLink(by: by, settings.forJournal, terms.forJournal)
        case .editLink(let id, let by, let version, let settings, let terms):
            .editLink(id, by: by, version: version, settings.forJournal, terms.forJournal)
        case .update(let update): .update(update.forJournal)
        case .reply(let id, let by, let text): .reply(id, by: by, text: text.placeholder)
        // A verdict marks what goes out; one that blocks was refused.
        case .moderatedReply(let id, let by, let text, let verdict):
            verdict.action == .block ? .advance : .reply(id, by: by, text: text.placeholder)
        case .formattedReply, .answer, .revise, .reviseQueued: messagesForJournal
        case .replyWithFile, .forgetFiles: filesForJournal
        case .transfer(let id, let by, let to, let version, let remark, let confirmed):
            // One that is too long was refused.
            remark.utf8.count > FieldLimits.remark
                ? .advance
                : .transfer(
                    id, by: by, to: to, version: version, remark: "", confirmed: confirmed)
        case .finishSending(let id, let epoch, let result):
            .finishSending(id, epoch: epoch, result.forJournal)
        case .setDeskBook(let id, let by, let book): .setDeskBook(id, by: by, book.forJournal)
        // Whose token it was decides nothing.
        case .through(_, let command): command.forJournal
        case .ifUnchanged(let since, let command):
            command.forJournal.setting == nil
                ? .advance : .ifUnchanged(since: since, command.forJournal)
        case .clicks, .createToken, .revokeToken, .addNote, .addRemark, .setTags, .tellURL,
            .pointWebhook, .setModeration, .refuseReply, .createHook, .updateHook, .removeHook,
            .pingHook, .passOverDelivery, .finishDeliveries, .eraseSession, .finishErasure,
            .forgetClicks, .tellErased:
            .advance
        }
    }
}

extension Text {
    /// A number in place of a name: the same for the same name. It has 32 bits, so that it does not
    /// tell the name; empty stays empty.
    var masked: Text {
        guard !isEmpty else { return self }
        var digest = Digest64()
        digest.absorb(utf8)
        return Text(String((digest.value ^ digest.value >> 32) & 0xffff_ffff, radix: 16))
    }

    /// A text that is sent in as many messages.
    var placeholder: Text {
        let parts = messageParts.count
        guard parts > 1 else { return parts == 0 ? "" : "x" }
        let points = OutboxMessage.codePointLimit * (parts - 1) + 1
        return Text(Array(repeating: UInt8(ascii: "x"), count: points))
    }

    /// A text where there is one.
    var presence: Text { isEmpty ? "" : "x" }
}

extension [UInt8] {
    /// Another hash in place of one, of the same length as a SHA-256.
    var maskedHash: [UInt8] {
        var digest = Digest64()
        digest.absorb(self)
        var writer = ByteWriter(capacity: 32)
        writer.u64(digest.value)
        writer.raw([UInt8](repeating: 0, count: Swift.max(0, count - 8)))
        return writer.bytes
    }
}

extension AgentChange {
    fileprivate var forJournal: AgentChange {
        var change = self
        if name != nil { change.name = "" }
        if passwordHash != nil { change.passwordHash = "" }
        return change
    }
}

extension ProjectSettings {
    var forJournal: ProjectSettings {
        var settings = self
        settings.name = name.presence
        settings.botUsername = botUsername.masked
        settings.sealedToken = []
        settings.sealedSecret = []
        return settings
    }
}

extension PoolSettings {
    var forJournal: PoolSettings {
        PoolSettings(name: name.masked, only: only, untilMilliseconds: untilMilliseconds)
    }
}

extension LinkSettings {
    var forJournal: LinkSettings {
        var settings = self
        settings.code = code.masked
        settings.name = ""
        return settings
    }
}

extension LinkTerms {
    var forJournal: LinkTerms {
        let rules = rules.map {
            Rule(
                name: $0.name.presence, value: "", project: $0.project, pool: $0.pool,
                language: $0.language)
        }
        return LinkTerms(rules: rules, addresses: addresses)
    }
}

extension DeskBook {
    var forJournal: DeskBook {
        var book = DeskBook()
        book.welcome = welcome.presence
        book.privacyNotice = privacyNotice.presence
        book.nobodyAvailable = nobodyAvailable.presence
        book.outOfHours = outOfHours.presence
        return book
    }
}

extension InboundUpdate {
    fileprivate var forJournal: InboundUpdate {
        let kept: Content =
            switch content {
            // A text that was blocked opened nothing, and is told in a history alone.
            case .message where verdict?.action == .block: .unsupported(kind: "")
            case .message(let message): .message(message.forJournal)
            case .blocked: content
            // They join a history, which no decision looks at, and count apart from messages.
            case .edit, .callback, .unsupported: .unsupported(kind: "")
            }
        return InboundUpdate(project: project, updateID: updateID, content: kept)
    }
}

extension InboundMessage {
    fileprivate var forJournal: InboundMessage {
        var payload = start
        if case .text = start { payload = .plain }
        var message = InboundMessage(
            user: user, name: "", language: language, messageID: 0, kind: "", text: "",
            start: payload)
        // The parts of an album count as one towards the flood limit.
        message.extras.album = extras.album.masked
        return message
    }
}

extension DeliveryResult {
    fileprivate var forJournal: DeliveryResult {
        switch self {
        case .sent, .sentFile: .sent(messageID: 0)
        case .failed(_, let why): .failed(reason: "", unreachable: why)
        case .retry(let notBefore, _): .retry(notBefore: notBefore, reason: "")
        case .uncertain: .uncertain(reason: "")
        }
    }
}
