import Wire

/// What a project does not want said, by customers or to them: managers keep it. The node that
/// takes a text in compares it with the rules (see `Moderator`), and the verdict goes into the log
/// with the text, so that what is done about it is the same on every node and stays so when rules
/// change.
public struct Moderation: Hashable, Sendable {
    /// The log index of the last change; 0: there never was one.
    public var version: Int64 = 0
    /// The rules, in the order of display.
    public var rules: [ModerationRule] = []

    /// The most rules of a project.
    public static let limit = 200
}

/// One thing not to be said.
public struct ModerationRule: Hashable, Sendable {
    /// How `text` is compared.
    public enum Form: UInt8, Hashable, Sendable, CaseIterable {
        /// The whole words, wherever they stand, in upper or lower case.
        case word = 0
        /// Anywhere, also within words: `*` is any run of characters, `?` any one, `#` a digit.
        case pattern = 1
    }
    /// Whose texts are compared.
    public enum Way: UInt8, Hashable, Sendable, CaseIterable {
        /// Those of customers.
        case inbound = 0
        /// Those to customers.
        case outbound = 1
        /// Both.
        case both = 2
    }
    /// What becomes of a text that has it; the later, the stricter.
    public enum Action: UInt8, Hashable, Sendable, CaseIterable {
        /// It goes its way, marked.
        case flag = 0
        /// An agent has to confirm: to send it, or to see what a customer wrote.
        case confirm = 1
        /// It is not taken, and only that is kept.
        case block = 2
    }
    /// Words or a pattern.
    public var text: Text
    /// How `text` is compared.
    public var form: Form
    /// Whose texts are compared.
    public var way: Way
    /// What becomes of a text that has it.
    public var action: Action
    /// A rule of these parts.
    public init(_ text: Text, _ form: Form = .word, _ way: Way = .both, _ action: Action) {
        self.text = text
        self.form = form
        self.way = way
        self.action = action
    }

    /// The longest text, in bytes.
    public static let maxBytes = 64
    /// Characters that a pattern must name, lest it stand for everything.
    public static let fewestNamed = 2
}

/// What the rules of a project say of one text.
public struct Verdict: Hashable, Sendable {
    /// What becomes of the text.
    public var action: ModerationRule.Action
    /// The version of the rules that were asked.
    public var version: Int64
    /// The text of the rule that decided: the first of the strictest.
    public var rule: Text
    /// A verdict of these parts.
    public init(_ action: ModerationRule.Action, version: Int64, rule: Text) {
        self.action = action
        self.version = version
        self.rule = rule
    }
}

extension Command {
    /// Appends one of the commands about texts.
    func encodeModeration(into writer: inout ByteWriter) {
        switch self {
        case .setModeration(let id, let by, let rules):
            writer.put(.setModeration, id, by, rules)
        case .moderatedReply(let id, let by, let text, let verdict):
            writer.put(.moderatedReply, id, by, text, verdict)
        case .refuseReply(let id, let by, let verdict):
            writer.put(.refuseReply, id, by, verdict)
        default: preconditionFailure("not about texts")
        }
    }

    /// The rest of one of them after its tag.
    init(moderation tag: CommandTag, from r: inout ByteReader) throws(WireError) {
        switch tag {
        case .setModeration: self = .setModeration(try r.take(), by: try r.take(), try r.take())
        case .moderatedReply:
            self = .moderatedReply(
                try r.take(), by: try r.take(), text: try r.take(), try r.take())
        default: self = .refuseReply(try r.take(), by: try r.take(), try r.take())
        }
    }
}

extension RoutingState {
    /// Applies one of the commands about texts.
    mutating func apply(moderation command: Command) -> Outcome {
        switch command {
        case .setModeration(let id, let by, let rules): setModeration(id, by: by, rules)
        case .moderatedReply(let id, let by, let text, let verdict):
            reply(id, by: by, text, verdict)
        case .refuseReply(let id, let by, let verdict): refuseReply(id, by: by, verdict)
        default: preconditionFailure("not about texts")
        }
    }

    /// What a project does not want said.
    public func moderation(of project: ProjectID) -> Moderation {
        records.moderation[project] ?? Moderation()
    }

    /// Replaces a project's rules.
    mutating func setModeration(
        _ id: ProjectID, by: AgentID?, _ rules: [ModerationRule]
    ) -> Outcome {
        guard roomSlots[id] != nil else { return .refused(.notFound) }
        guard isManager(by, of: id) else { return .refused(.forbidden) }
        guard rules.count <= Moderation.limit, rules.allSatisfy({ Moderator.takes($0) }) else {
            return .refused(.invalid("rules"))
        }
        guard rules != moderation(of: id).rules else { return .done(id: id.rawValue) }
        let moderation = Moderation(version: now.index, rules: rules)
        records.moderation[id] = moderation
        draft.applied.write(.moderation, id.rawValue, as: moderation.encodedAlone())
        draft.applied.events.append(.projectChanged(id))
        return .done(id: id.rawValue)
    }

    /// An agent's message that rules speak of and that goes out all the same.
    mutating func reply(
        _ id: SessionID, by agent: AgentID, _ text: Text, _ verdict: Verdict
    ) -> Outcome {
        guard verdict.action != .block else { return .refused(.invalid("text")) }
        let outcome = reply(id, by: agent, text)
        guard case .done = outcome, var session = sessions[id] else { return outcome }
        record(.moderated(by: agent, verdict), in: &session)
        store(session)
        return outcome
    }

    /// An agent's message was blocked: the session tells of it.
    mutating func refuseReply(_ id: SessionID, by agent: AgentID, _ verdict: Verdict) -> Outcome {
        guard var session = sessions[id], canSee(agent, session) else { return .refused(.notFound) }
        guard !isForgotten(session) else { return .refused(.wrongState) }
        record(.moderated(by: agent, verdict), in: &session)
        store(session)
        return .done(id: id.rawValue)
    }
}

extension Moderation: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(version)
        writer.put(rules)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(version: try reader.take(), rules: try reader.take())
    }
}

extension ModerationRule: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.text(text)
        writer.put(form)
        writer.put(way)
        writer.put(action)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            try reader.text(), try reader.takeCase(), try reader.takeCase(),
            try reader.takeCase())
    }
}

extension Verdict: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(action)
        writer.put(version)
        writer.text(rule)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(try reader.takeCase(), version: try reader.take(), rule: try reader.text())
    }
}
