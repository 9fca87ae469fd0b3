import Wire

/// An API token.
public struct APITokenID: Identifier {
    /// The log index that created it.
    public let rawValue: Int64
    /// The token with this number.
    @inlinable public init(_ rawValue: Int64) { self.rawValue = rawValue }
}

extension APITokenID: Coded {}

/// What an API token may be used for, within what its agent may do.
public struct TokenScopes: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// The scopes with these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Look at everything that the agent may see.
    public static let read = TokenScopes(rawValue: 1)
    /// Change sessions: answer, claim, hand on, complete.
    public static let sessions = TokenScopes(rawValue: 2)
    /// Change projects, members, agents and links.
    public static let manage = TokenScopes(rawValue: 4)
    /// All of them.
    public static let all: TokenScopes = [.read, .sessions, .manage]
}

extension TokenScopes: Coded {
    func encode(into writer: inout ByteWriter) { writer.u8(rawValue) }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(rawValue: try reader.u8())
    }
}

/// What an integration shows instead of a sign-in: it acts for an agent, within scopes, until it is
/// revoked.
public struct APIToken: Hashable, Sendable {
    /// The log index that created it.
    public let id: APITokenID
    /// What it is for, for people.
    public let name: Text
    /// For whom it acts.
    public let agent: AgentID
    /// SHA-256 of the token.
    public let tokenHash: [UInt8]
    /// What it may be used for.
    public let scopes: TokenScopes
    /// When it was made.
    public let createdAt: LogTime
    /// From when on it counts no more; nil: until it is revoked.
    public let ends: LogTime?

    /// Whether it counts at a moment.
    public func counts(at time: LogTime) -> Bool { ends.map { time < $0 } ?? true }
}

extension APIToken {
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.put(name)
        writer.put(agent)
        writer.blob(tokenHash)
        writer.u8(scopes.rawValue)
        writer.put(createdAt)
        if let ends { writer.put(ends) }
        return writer.bytes
    }

    init(id: APITokenID, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        self.init(
            id: id, name: try reader.take(), agent: try reader.take(),
            tokenHash: try reader.blob(), scopes: TokenScopes(rawValue: try reader.u8()),
            createdAt: try reader.take(), ends: reader.isAtEnd ? nil : try LogTime(from: &reader))
        try reader.expectEnd()
    }
}

extension RoutingState {
    /// Most tokens at a time.
    public static let maxAPITokens = 1000

    /// All tokens in order of creation.
    public var apiTokens: [APIToken] { tokens.values.sorted { $0.id < $1.id } }
    /// The token with this hash.
    public func apiToken(hash: [UInt8]) -> APIToken? { tokens[Text(hash)] }

    /// A token.
    public func apiToken(_ id: APITokenID) -> APIToken? {
        tokens.values.first { $0.id == id }
    }

    /// A new token, for an agent who may be anybody.
    mutating func createToken(
        by: AgentID?, _ name: Text, for agent: AgentID, _ hash: Text, _ scopes: TokenScopes,
        ends: LogTime?
    ) -> Outcome {
        guard isAdministrator(by) else { return .refused(.forbidden) }
        guard deskSlots[agent] != nil else { return .refused(.notFound) }
        guard (1...FieldLimits.name).contains(name.utf8.count) else {
            return .refused(.invalid("name"))
        }
        guard hash.utf8.count == 32 else { return .refused(.invalid("token")) }
        guard !scopes.isEmpty, TokenScopes.all.isSuperset(of: scopes) else {
            return .refused(.invalid("scopes"))
        }
        guard ends.map({ now.time < $0 }) ?? true else {
            return .refused(.invalid("the end of the token"))
        }
        guard tokens.count < RoutingState.maxAPITokens else {
            return .refused(.invalid("the number of tokens"))
        }
        guard tokens[hash] == nil else { return .refused(.alreadyExists) }
        let token = APIToken(
            id: APITokenID(now.index), name: name, agent: agent, tokenHash: hash.utf8,
            scopes: scopes, createdAt: now.time, ends: ends)
        tokens[hash] = token
        draft.applied.write(.apiToken, token.id.rawValue, as: token.encoded())
        return .done(id: token.id.rawValue)
    }

    /// Ends a token for good.
    mutating func revokeToken(_ id: APITokenID, by: AgentID?) -> Outcome {
        guard isAdministrator(by) else { return .refused(.forbidden) }
        guard let token = tokens.values.first(where: { $0.id == id }) else {
            return .refused(.notFound)
        }
        tokens[Text(token.tokenHash)] = nil
        draft.applied.write(.apiToken, id.rawValue, as: nil)
        return .done(id: id.rawValue)
    }
}
