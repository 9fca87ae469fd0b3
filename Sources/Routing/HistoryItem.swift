import Wire

/// One thing that happened in a session: the value of a history row.
public struct HistoryItem: Hashable, Sendable {
    /// What can happen.
    public enum What: Hashable, Sendable {
        /// The customer wrote.
        case inbound(Inbound)
        /// An agent wrote.
        case outbound(Outbound)
        /// An agent changed or deleted a message, the item `of`; with the new text.
        case revised(Outbound, of: Int64, isDeletion: Bool)
        /// An agent changed a message, the item `of`, before it went.
        case rewritten(by: AgentID, of: Int64, text: Text, entities: [TextEntity])
        /// The customer changed a message.
        case edited(Edited)
        /// The customer pressed a button.
        case callback(data: Text)
        /// The router gave the waiting session to an agent; see the decision.
        case assigned
        /// An agent took it.
        case claimed(AgentID, isOverride: Bool)
        /// Handed from one agent, or from the queue, to another.
        case transferred(from: AgentID?, to: AgentID, by: AgentID, remark: Text)
        /// Put back into the queue by its agent; see the decision.
        case gaveBack(AgentID)
        /// Its agent left; see the decision.
        case requeued(from: AgentID)
        /// Its agent did not answer or is gone; see the decision.
        case rerouted(from: AgentID, because: Neglect)
        /// A manager is told that it gets no first reply.
        case alerted(noReplyFrom: AgentID)
        /// A manager took it from its agent, or out of the queue.
        case tookOver(from: AgentID?, by: AgentID)
        /// Its agent left it to a successor.
        case handedOver(from: AgentID, to: AgentID)
        /// The desk barred (true) the customer, or let them in again; barring ends an open session.
        case barred(by: AgentID, Bool)
        /// The customer sent more messages than are taken; those beyond are not kept.
        case flooded
        /// Ended by itself: the customer said nothing more after our last answer.
        case autoCompleted
        /// Ended by an agent.
        case completed(by: AgentID)
        /// Opened again by an agent.
        case reopened(by: AgentID)
        /// The customer blocked (true) or unblocked the bot; blocking ends a waiting session.
        case blocked(Bool)
        /// A message told that the customer can't be reached, other than by `blocked`; if only they
        /// can change that, it ends a waiting session.
        case unreachable(Unreachable)
        /// An agent wrote a private note; its text is in a row of its own, for its author alone.
        case noted(by: AgentID)
        /// An agent wrote a remark for all who see the session.
        case remarked(by: AgentID, text: Text)
        /// An agent set or removed tags.
        case tagged(by: AgentID, added: [Text], removed: [Text])
        /// Rules speak of a text: of the item before, unless it was blocked and not taken; of an
        /// agent's, or of the customer's (nil).
        case moderated(by: AgentID?, Verdict)
    }
    /// Why a session was taken from its agent.
    public enum Neglect: UInt8, Hashable, Sendable, CaseIterable {
        /// It got no first reply in time.
        case unanswered = 0
        /// The agent has been gone for too long.
        case gone = 1
    }
    /// A customer's message in the history.
    public struct Inbound: Hashable, Sendable {
        /// Whether the message opened the session.
        public enum Opening: UInt8, Hashable, Sendable, CaseIterable {
            /// It was open.
            case none = 0
            /// It opened a new one.
            case opened = 1
            /// It opened a completed one again.
            case reopened = 2
        }
        /// Whether the message opened the session.
        public var opening: Opening
        /// Telegram's number of the message in its chat.
        public var messageID: Int64
        /// `text`, `photo`, ...
        public var kind: Text
        /// The text or caption.
        public var text: Text
        /// The attachment.
        public var fileID: Text
        /// The link that led here with this message.
        public var touch: Touch?
        /// A start payload that is no token.
        public var payload: Text
        /// How the text looks, and what is told of the attachment.
        public var extras = MessageExtras()
    }
    /// A customer's message as it is after a change, in the history.
    public struct Edited: Hashable, Sendable {
        /// Telegram's number of the message in its chat.
        public var messageID: Int64
        /// The text or caption.
        public var text: Text
        /// `text`, `photo`, ...; at the first level always `text`.
        public var kind: Text = "text"
        /// The attachment.
        public var fileID: Text = ""
        /// How the text looks, and what goes along with it.
        public var extras = MessageExtras()
    }
    /// An agent's message in the history.
    public struct Outbound: Hashable, Sendable {
        /// Who wrote.
        public var agent: AgentID
        /// The text of this part.
        public var text: Text
        /// Its place in the outbox.
        public var outbox: OutboxID
        /// Where its delivery stands.
        public var state: DeliveryState
        /// How often a call was begun.
        public var attempts: UInt32
        /// How the text looks.
        public var entities: [TextEntity] = []
        /// The log index at which its text was changed last before it went; nil: it never was.
        public var changedAt: Int64?
        /// The file that the text is the caption of.
        public var file: OutboundFile?
        /// The item of the history that it answers; nil: none.
        public var replyTo: Int64?
    }
    /// The log index at which it happened.
    public var index: Int64
    /// When.
    public var at: LogTime
    /// What.
    public var what: What
    /// The router's answer that came with it.
    public var decision: Decision?
}
