import Wire

extension RoutingState {
    /// An agent's message that answers one of the chat's messages. The node that took the wish in
    /// has read in the history what Telegram calls that one. Of a text that is cut the first part
    /// answers.
    mutating func answer(
        _ target: SentMessage, in id: SessionID, by agent: AgentID, _ text: Text,
        _ entities: [TextEntity], _ verdict: Verdict?
    ) -> Outcome {
        if let objection = entities.objection(in: text) { return .refused(.invalid(objection)) }
        guard target.messageID > 0 else { return .refused(.invalid("a message that it answers")) }
        return marked(by: agent, verdict, in: id) { state in
            let outcome = state.reply(id, by: agent, text, entities)
            guard case .done(let first) = outcome, var message = state.outgoing[OutboxID(first)]
            else { return outcome }
            message.replyTo = target
            state.keep(message)
            state.write(message.historyItem, message.session, ordinal: message.ordinal)
            return outcome
        }
    }
}
