import Wire

// The states of a message to a customer. `sending` is committed before the call is made, so that
// after any failure at most the messages in that state are in doubt.
extension RoutingState {
    /// Queues one part of an agent's message.
    mutating func queue(
        _ text: Text, _ entities: [TextEntity] = [], file: FileOffer? = nil, number: Int64,
        by agent: AgentID, in session: inout Session
    ) {
        var message = OutboxMessage(
            id: OutboxID(now.index * OutboxMessage.partsPerReply + number), session: session.id,
            ordinal: session.historyCount, project: session.project, chat: session.user,
            agent: agent, at: now.time, text: text)
        message.entities = entities
        if let file { message.act = .sendFile(file) }
        keep(message)
        record(message.historyWhat, in: &session)
    }

    /// A new leader's office: what an older one was sending is in doubt. What it was changing or
    /// deleting is done again: twice makes no difference.
    mutating func beginEpoch(_ epoch: UInt64) -> Outcome {
        guard epoch > self.epoch else { return .refused(.wrongState) }
        self.epoch = epoch
        draft.scalars.note(.epoch)
        for id in outgoing.sending.ascending() {
            var message = outgoing[id]!
            if message.act.target != nil {
                message.state = .queued
                keep(message)
                continue
            }
            settle(id, .uncertain(reason: "the sender changed during the call"))
        }
        return .done(id: 0)
    }

    /// Calls are about to be made: for each chat its next message alone. The outcome counts them;
    /// messages that may not go now keep their state.
    mutating func startSending(_ ids: [OutboxID], epoch: UInt64) -> Outcome {
        guard epoch == self.epoch else { return .refused(.wrongState) }
        var started: Int64 = 0
        for id in ids where outgoing.isNext(id) {
            var message = outgoing[id]!
            if let notBefore = message.notBefore, now.time < notBefore { continue }
            message.state = .sending(epoch: epoch)
            message.attempts &+= 1
            message.notBefore = nil
            keep(message)
            started += 1
        }
        return .done(id: started)
    }

    /// What became of a call; without effect unless the message is `sending` in this epoch.
    mutating func finishSending(
        _ id: OutboxID, epoch: UInt64, _ result: DeliveryResult
    ) -> Outcome {
        guard let message = outgoing[id], message.state == .sending(epoch: epoch) else {
            return .done(id: 0)
        }
        switch result {
        case .sent(let messageID):
            settle(id, .sent(messageID: messageID))
            noteArrival(in: message.session)
        case .sentFile(let messageID, let file):
            settle(id, .sent(messageID: messageID), file)
            noteArrival(in: message.session)
        case .uncertain(let reason): settle(id, .uncertain(reason: reason))
        case .failed(let reason, let unreachable):
            settle(id, .failed(reason: reason))
            if let unreachable, var session = sessions[message.session] {
                mark(unreachable, on: &session, in: roomSlots[session.project]!)
                store(session)
            }
        case .retry(let notBefore, _):
            var message = message
            message.state = .queued
            message.notBefore = notBefore
            keep(message)
        }
        return .done(id: id.rawValue)
    }

    /// A person repeats a message that failed or may not have arrived.
    mutating func resend(_ id: OutboxID, by agent: AgentID) -> Outcome {
        guard var message = outgoing[id], let session = sessions[message.session],
            canSee(agent, session)
        else { return .refused(.notFound) }
        guard session.owner == agent || isManager(agent, of: session.project) else {
            return .refused(session.owner.map { .ownedBy($0) } ?? .forbidden)
        }
        switch message.state {
        case .queued, .sending, .sent, .withdrawn: return .refused(.wrongState)
        case .failed, .uncertain: break
        }
        message.state = .queued
        message.notBefore = nil
        keep(message)
        return .done(id: id.rawValue)
    }

    /// A completed session's failed and uncertain messages are repeated no more.
    mutating func forgetUndelivered(in session: Session) {
        let chat = Chat(project: session.project, user: session.user)
        for message in outgoing.messages(of: chat) where message.session == session.id {
            switch message.state {
            case .failed, .uncertain:
                outgoing.remove(message.id)
                draft.messages.note(message.id)
            case .queued, .sending, .sent, .withdrawn: break
            }
        }
    }

    /// Takes a message in, or what it is now.
    mutating func keep(_ message: OutboxMessage) {
        outgoing.put(message)
        draft.messages.note(message.id)
    }

    /// Whether a session's undelivered messages are forgotten; at the first level those were kept
    /// that failed after the end.
    private func isOver(_ id: SessionID) -> Bool {
        level >= .second && sessions[id]?.state == .completed
    }

    /// A message reached a state that the history shows.
    mutating func settle(_ id: OutboxID, _ state: DeliveryState, _ sent: SentFile? = nil) {
        var message = outgoing[id]!
        message.state = state
        message.sentFile = sent
        switch state {
        case .sent:
            outgoing.remove(id)
            if let target = message.act.target {
                let mark = RevisionMark(
                    ordinal: message.ordinal, isDeleted: message.act == .delete(target))
                draft.applied.write(
                    .revision, message.session.rawValue, target.ordinal, as: mark.encoded())
            }
        case .withdrawn: outgoing.remove(id)
        // Nobody repeats it any more: the history alone tells of it.
        case .failed, .uncertain:
            if isOver(message.session) { outgoing.remove(id) } else { outgoing.put(message) }
        case .queued, .sending: outgoing.put(message)
        }
        draft.messages.note(id)
        write(message.historyItem, message.session, ordinal: message.ordinal)
    }
}

extension OutboxMessage {
    /// Its item in the session's history, as it stands now.
    public var historyItem: HistoryItem {
        HistoryItem(
            index: id.rawValue / OutboxMessage.partsPerReply, at: at, what: historyWhat,
            decision: nil)
    }
    /// The message as its session's history shows it.
    var historyWhat: HistoryItem.What {
        var outbound = HistoryItem.Outbound(
            agent: agent, text: text, outbox: id, state: state, attempts: attempts)
        outbound.entities = entities
        outbound.changedAt = changedAt
        outbound.file = file.map { OutboundFile($0, sentFile) }
        outbound.replyTo = replyTo?.ordinal
        guard let target = act.target else { return .outbound(outbound) }
        return .revised(
            outbound, of: target.ordinal, isDeletion: act == .delete(target))
    }
}
