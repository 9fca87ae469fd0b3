import Wire

/// Whom a session would rather have, when the project's members differ in it.
///
/// It divides the members into tiers; the first tier with a candidate wins, so that preferring
/// never makes a session wait. Whom a link prefers comes before which language is spoken; the
/// language is matched exactly, then by its primary subtag, then not at all.
struct Preference {
    /// Members named by the link.
    var agents: [AgentID] = []
    /// Tags that the link prefers.
    var tags: UInt64 = 0
    /// The tag of exactly the session's language; 0 or one bit.
    var exact: UInt64 = 0
    /// The tags of languages with the same primary subtag.
    var related: UInt64 = 0
    /// What these tiers are named after; tiers of another preference have other cursors.
    var name = Digest64()

    /// How many tiers there may be.
    static let tierCount = 6

    /// The tier of a member, the most wanted first.
    func tier(of place: ProjectRoom.Place) -> UInt8 {
        var tier: UInt8 = 0
        if tags != 0 || !agents.isEmpty, place.tags & tags == 0, !agents.contains(place.agent) {
            tier += 3
        }
        if exact | related != 0, place.tags & exact == 0 {
            tier += place.tags & related == 0 ? 2 : 1
        }
        return tier
    }
}

extension ProjectRoom {
    /// Whom a session would rather have; nil: everybody alike.
    func preference(of session: Session) -> Preference? {
        if tags.isEmpty, session.prefer.agents.isEmpty { return nil }
        var preference = Preference()
        var divides = false
        if !session.prefer.isEmpty {
            preference.agents = session.prefer.agents.filter { agent in
                roster.contains { $0.agent == agent }
            }
            preference.tags = mask(of: session.prefer.tags)
            divides = preference.tags != 0 || !preference.agents.isEmpty
        }
        if divides {
            for agent in preference.agents {
                preference.name.absorb(UInt64(bitPattern: agent.rawValue))
            }
            for tag in session.prefer.tags { preference.name.absorb(tag.utf8) }
        }
        if hasLanguages { divides = speak(session.spokenLanguage, &preference) || divides }
        return divides ? preference : nil
    }

    /// Matches a language with those that are spoken; false: nobody speaks anything like it.
    private func speak(_ language: Text, _ preference: inout Preference) -> Bool {
        guard !language.isEmpty else { return false }
        let prefix = Text.languagePrefix.utf8
        for (bit, tag) in tags.enumerated() where tag.utf8.starts(with: prefix) {
            let spoken = Text(Array(tag.utf8.dropFirst(prefix.count)))
            if spoken == language { preference.exact = 1 << UInt64(bit) }
            if spoken.primarySubtag == language.primarySubtag {
                preference.related |= 1 << UInt64(bit)
            }
        }
        guard preference.related != 0 else { return false }
        let isExact = preference.exact != 0
        preference.name.absorb(isExact ? 1 : 0)
        preference.name.absorb(isExact ? language.utf8 : Array(language.primarySubtag))
        return true
    }

    /// The bits of tags that some member has.
    func mask(of wanted: [Text]) -> UInt64 {
        var mask: UInt64 = 0
        for (bit, tag) in tags.enumerated() where wanted.contains(tag) { mask |= 1 << UInt64(bit) }
        return mask
    }
}

/// Whose turn it is in one tier of one pool: the last agent whom a mode chose there.
struct TierCursor: Hashable, Sendable {
    /// The second part of the row's key: 0 is the project's own; others are told apart by hash, and
    /// two that collided would but share their turn.
    var key: Int64
    /// Which pool's; nil is the project's own.
    var pool: PoolID?
    /// The last agent chosen there.
    var agent: AgentID

    /// The most that a project keeps besides its own; the tiers beyond share the project's.
    static let limit = 512
}

extension ProjectRoom {
    /// The key of a tier's cursor; 0 for the project's own, whose members are all alike.
    func cursorKey(pool: PoolID?, tier: UInt8?, _ preference: Preference?) -> Int64 {
        guard pool != nil || tier != nil else { return 0 }
        var digest = preference?.name ?? Digest64()
        digest.absorb(UInt64(bitPattern: pool?.rawValue ?? 0))
        digest.absorb(tier.map { UInt64($0) + 1 } ?? 0)
        let key = Int64(bitPattern: digest.value)
        if cursors.count >= TierCursor.limit, tierCursor(key) == nil { return 0 }
        return key == 0 ? 1 : key
    }

    /// Whose turn was the last one; a tier that never chose begins where the project stands.
    func cursor(_ key: Int64) -> AgentID? {
        if key == 0 { return cursor }
        return tierCursor(key)?.agent ?? cursor
    }

    /// Whether a tier's turn is its own; the project's always is.
    func hasCursor(_ key: Int64) -> Bool { key == 0 || tierCursor(key) != nil }

    /// The value of a cursor's row; nil: there is none.
    func encodedCursor(_ key: Int64) -> [UInt8]? {
        guard key != 0 else { return cursor.map { $0.encodedAlone() } }
        guard let tier = tierCursor(key) else { return nil }
        var writer = ByteWriter(capacity: 16)
        writer.put(tier.agent)
        writer.put(tier.pool)
        return writer.bytes
    }

    /// Takes back a stored cursor.
    mutating func loadCursor(_ key: Int64, value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        let agent: AgentID = try reader.take()
        moveCursor(key, pool: key == 0 ? nil : try reader.take(), to: agent)
        try reader.expectEnd()
    }

    private func tierCursor(_ key: Int64) -> TierCursor? {
        let place = cursorPlace(key)
        return place < cursors.count && cursors[place].key == key ? cursors[place] : nil
    }

    /// A mode chose an agent.
    mutating func moveCursor(_ key: Int64, pool: PoolID?, to agent: AgentID?) {
        guard key != 0, let agent else {
            cursor = agent
            return
        }
        let place = cursorPlace(key)
        let moved = TierCursor(key: key, pool: pool, agent: agent)
        if place < cursors.count, cursors[place].key == key {
            cursors[place] = moved
        } else {
            cursors.insert(moved, at: place)
        }
    }

    /// The index of the first cursor whose key is not less.
    private func cursorPlace(_ key: Int64) -> Int {
        var low = 0
        var high = cursors.count
        while low < high {
            let middle = (low + high) / 2
            if cursors[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
