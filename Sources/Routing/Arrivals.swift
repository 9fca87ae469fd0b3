import Wire

// What customers do: write, press Start, edit, press buttons, block the bot.
extension RoutingState {
    /// A Telegram update. Seen twice, it is applied once.
    mutating func receive(_ update: InboundUpdate) -> Outcome {
        guard let slot = roomSlots[update.project] else { return .refused(.notFound) }
        if noteSeen(update.updateID, in: slot) { return .duplicate }
        switch update.content {
        case .message(let message):
            if let verdict = update.verdict, verdict.action == .block {
                return note(.moderated(by: nil, verdict), nil, message.user, in: slot)
            }
            return .done(id: receive(message, update.verdict, in: slot).rawValue)
        case .edit(let message):
            if let verdict = update.verdict, verdict.action == .block {
                return note(.moderated(by: nil, verdict), nil, message.user, in: slot)
            }
            return edit(message, update.verdict, in: slot)
        case .callback(let user, let data):
            return note(.callback(data: data), nil, user, in: slot)
        case .blocked(let user, let isBlocked):
            return block(user, isBlocked, in: slot)
        case .unsupported:
            return .done(id: 0)
        }
    }

    /// All that is kept of a text that carries a token of ours.
    private static let startWord: Text = "/start"

    /// A message opens a session, opens a completed one again, or joins the open one.
    private mutating func receive(
        _ message: InboundMessage, _ verdict: Verdict?, in slot: Int
    ) -> SessionID {
        let chat = Chat(project: rooms[slot].project.id, user: message.user)
        var touch: Touch?
        var message = message
        if case .click(let link, let key, let clickedAt, _, _, let project) = message.start {
            touch = self.touch(
                link: link, key: key, clickedAt: clickedAt, to: project, chat: chat)
            // A token of our own is for routing, not for reading; a foreign one is a text.
            if level >= .second, touch?.via != .foreignToken,
                message.text.utf8.starts(with: Self.startWord.utf8)
            {
                message.text = Self.startWord
            }
        }
        let isBarred = !rooms[slot].barred.isEmpty && rooms[slot].barred.contains(message.user)
        guard let id = latest[chat], var session = sessions[id] else {
            if isBarred { return keep(message, verdict, chat, in: slot) }
            return open(message, verdict, touch, chat, after: nil, in: slot)
        }
        if isFlooding(&session, album: message.extras.album, in: slot) { return id }
        if isBarred {
            take(message, verdict, nil, opening: .none, nil, into: &session)
            store(session)
            return id
        }
        switch session.state {
        case .unassigned, .assigned:
            if session.isAnswered, session.state == .assigned { session.place = now.time }
            if session.state == .unassigned, let touch {
                follow(touch, message, &session, in: slot)
            }
            take(message, verdict, touch, opening: .none, nil, into: &session)
            if session.state == .assigned { wrote(&session, in: slot) }
        case .completed:
            guard mayReopen(session, touch, in: slot) else {
                return open(message, verdict, touch, chat, after: session, in: slot)
            }
            rooms[slot].completed.remove(session.id)
            session.place = now.time
            session.isAnswered = false
            session.forgetNeglect(byHand: false)
            let decision = arrive(
                &session, cause: .reopen, lastOwner: session.lastOwner, in: slot)
            take(message, verdict, touch, opening: .reopened, decision, into: &session)
            greet(&session, isNew: false, decision)
        }
        store(session)
        return id
    }

    /// Whether a message opens a completed session again: soon enough, and not by a new link.
    private func mayReopen(_ session: Session, _ touch: Touch?, in slot: Int) -> Bool {
        if let touch, touch.via != .foreignToken,
            !session.touches.contains(where: { $0.key == touch.key })
        {
            return false
        }
        let span = rooms[slot].project.settings.reopenMilliseconds
        return now.time < session.completedAt!.adding(milliseconds: span)
    }

    /// A customer's session, which begins with a message.
    private mutating func begin(
        _ message: InboundMessage, _ chat: Chat, after previous: Session?, in slot: Int
    ) -> Session {
        let flood = previous?.flood ?? Flood()
        var session = Session(
            id: SessionID(now.index), project: chat.project, user: chat.user, name: message.name,
            username: message.username, language: message.language, openedAt: now.time,
            place: now.time)
        session.flood = flood
        if level >= .second {
            session.earlier = previous?.touchesForNext
            session.previous = previous?.id
        }
        if flood == Flood() {
            _ = isFlooding(&session, album: message.extras.album, in: slot)
        }
        latest[chat] = session.id
        rooms[slot].sessions.insert(session.id)
        return session
    }

    /// A barred customer without any session writes: it is kept in one that is over from the
    /// start, so that nothing opens and nobody is asked.
    private mutating func keep(
        _ message: InboundMessage, _ verdict: Verdict?, _ chat: Chat, in slot: Int
    ) -> SessionID {
        var session = begin(message, chat, after: nil, in: slot)
        session.state = .completed
        session.completedAt = now.time
        rooms[slot].completed.insert(session.id)
        take(message, verdict, nil, opening: .none, nil, into: &session)
        store(session)
        return session.id
    }

    private mutating func open(
        _ message: InboundMessage, _ verdict: Verdict?, _ touch: Touch?, _ chat: Chat,
        after previous: Session?, in slot: Int
    ) -> SessionID {
        var session = begin(message, chat, after: previous, in: slot)
        let id = session.id
        if let touch { apply(touch, message, to: &session) }
        let decision = arrive(&session, cause: .new, in: slot)
        take(message, verdict, touch, opening: .opened, decision, into: &session)
        greet(&session, isNew: true, decision)
        store(session)
        return id
    }

    /// What the link says about who is given the session: its pool or whom it prefers, and the
    /// language, where the parameters of the click come first.
    private func apply(_ touch: Touch, _ message: InboundMessage, to session: inout Session) {
        guard touch.via != .foreignToken, let slot = linkSlots[touch.link] else { return }
        let link = linkList[slot].settings
        // A parameter rule leads to another project, where the link's agents and pool are not.
        let isOwn = link.project == session.project
        session.pool = isOwn ? link.pool : nil
        session.prefer = isOwn ? link.prefer : MemberRule()
        session.fixedLanguage = link.language
        guard case .click(_, _, _, let language, let pool, let clicked) = message.start else {
            return
        }
        if !language.isEmpty { session.fixedLanguage = language }
        // What held at the click, if there still is such a pool.
        if let pool, poolRooms[pool].map({ rooms[$0].project.id }) == session.project {
            session.pool = pool
            session.prefer = MemberRule()
        } else if clicked != nil {
            // None held, or it is gone: the whole project then.
            session.pool = nil
        }
    }

    /// A waiting session's customer came by a link: it is for the link's pool from here on, at the
    /// place that it has.
    private mutating func follow(
        _ touch: Touch, _ message: InboundMessage, _ session: inout Session, in slot: Int
    ) {
        var led = session
        apply(touch, message, to: &led)
        guard led != session else { return }
        rooms[slot].queue.remove(session)
        rooms[slot].queue.insert(led)
        for pool in [session.pool, led.pool] {
            if let pool { scheduleRestriction(pool, in: slot) }
        }
        session = led
        noteDrain(slot)
    }

    /// Adds a customer's message to its session.
    private mutating func take(
        _ message: InboundMessage, _ verdict: Verdict?, _ touch: Touch?,
        opening: HistoryItem.Inbound.Opening, _ decision: Decision?, into session: inout Session
    ) {
        session.name = message.name
        session.username = message.username
        if session.language != message.language, level >= .second { session.fixLanguage() }
        session.language = message.language
        session.unreachable = nil
        resumeReply(&session, in: roomSlots[session.project]!)
        if session.isAnswered { wake(session, in: roomSlots[session.project]!) }
        session.isAnswered = false
        session.unread &+= 1
        // What an agent has to ask for in the conversation is not shown in the list either.
        session.last =
            verdict?.action == .confirm
            ? Session.Preview(of: "", kind: "withheld", at: now.time, from: .customer)
            : Session.Preview(of: message.text, kind: message.kind, at: now.time, from: .customer)
        if let touch { attach(touch, to: &session) }
        var payload: Text = ""
        if case .text(let text) = message.start { payload = text }
        record(
            .inbound(
                HistoryItem.Inbound(
                    opening: opening, messageID: message.messageID, kind: message.kind,
                    text: message.text, fileID: message.fileID, touch: touch, payload: payload,
                    extras: message.extras)),
            decision, in: &session)
        if let verdict { record(.moderated(by: nil, verdict), in: &session) }
    }

    /// A customer's change of a message joins their latest session, where somebody reads it. A
    /// place that moves changes its message every few seconds: one item has but the newest.
    private mutating func edit(
        _ message: InboundMessage, _ verdict: Verdict?, in slot: Int
    ) -> Outcome {
        var edited = HistoryItem.Edited(messageID: message.messageID, text: message.text)
        guard level >= .second else {
            return note(.edited(edited), verdict, message.user, in: slot)
        }
        edited.kind = message.kind
        edited.fileID = message.fileID
        edited.extras = message.extras
        guard case .location = message.extras.enclosure else {
            return note(.edited(edited), verdict, message.user, in: slot)
        }
        let chat = Chat(project: rooms[slot].project.id, user: message.user)
        guard let id = latest[chat], var session = sessions[id] else { return .done(id: 0) }
        if let moving = session.moving, moving.messageID == message.messageID {
            let item = HistoryItem(
                index: now.index, at: now.time, what: .edited(edited), decision: nil)
            write(item, id, ordinal: moving.ordinal)
            return .done(id: id.rawValue)
        }
        guard !isFloodingAside(&session, in: slot) else { return .done(id: id.rawValue) }
        session.moving = MovingPlace(
            messageID: message.messageID, ordinal: session.historyCount)
        record(.edited(edited), in: &session)
        if let verdict { record(.moderated(by: nil, verdict), in: &session) }
        store(session)
        return .done(id: id.rawValue)
    }

    /// Something that joins the customer's latest session and never opens one.
    private mutating func note(
        _ what: HistoryItem.What, _ verdict: Verdict?, _ user: TelegramID, in slot: Int
    ) -> Outcome {
        let chat = Chat(project: rooms[slot].project.id, user: user)
        guard let id = latest[chat], var session = sessions[id] else { return .done(id: 0) }
        if level >= .second, isFloodingAside(&session, in: slot) { return .done(id: id.rawValue) }
        record(what, in: &session)
        if let verdict { record(.moderated(by: nil, verdict), in: &session) }
        store(session)
        return .done(id: id.rawValue)
    }

    /// The customer blocked or unblocked the bot. Who blocks leaves the queue: the session ends,
    /// and their next message opens it again.
    private mutating func block(
        _ user: TelegramID, _ isBlocked: Bool, in slot: Int
    ) -> Outcome {
        let chat = Chat(project: rooms[slot].project.id, user: user)
        guard let id = latest[chat], var session = sessions[id] else { return .done(id: 0) }
        // Who has not blocked the bot may be out of reach for another reason.
        if isBlocked || session.isBlocked {
            mark(isBlocked ? .blockedBot : nil, on: &session, in: slot)
        }
        store(session)
        return .done(id: id.rawValue)
    }
}
