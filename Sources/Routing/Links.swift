import Wire

extension RoutingState {
    /// A new link to a project.
    mutating func createLink(
        by: AgentID?, _ settings: LinkSettings, _ terms: LinkTerms = LinkTerms()
    ) -> Outcome {
        guard roomSlots[settings.project] != nil else { return .refused(.notFound) }
        guard isManager(by, of: settings.project) else { return .refused(.forbidden) }
        if let why = settings.refusal { return .refused(.invalid(why)) }
        guard isOfItsProject(settings) else { return .refused(.invalid("pool")) }
        if let why = refusal(of: terms, by: by, besides: []) { return .refused(why) }
        guard codes[settings.code] == nil else { return .refused(.alreadyExists) }
        let id = LinkID(now.index)
        codes[settings.code] = id
        linkSlots[id] = linkList.count
        draft.links.note(linkList.count)
        linkList.append(Link(id: id, createdAt: now.time, settings: settings, terms: terms))
        return .done(id: id.rawValue)
    }

    /// A link's new settings; both projects must be managed if it moves. Terms stay unless given,
    /// and a version that is given must be the present one.
    mutating func updateLink(
        _ id: LinkID, by: AgentID?, version: UInt64? = nil, _ settings: LinkSettings,
        _ terms: LinkTerms? = nil
    ) -> Outcome {
        guard let slot = linkSlots[id], roomSlots[settings.project] != nil else {
            return .refused(.notFound)
        }
        let before = linkList[slot].settings
        guard isManager(by, of: settings.project), isManager(by, of: before.project) else {
            return .refused(.forbidden)
        }
        if let why = settings.refusal { return .refused(.invalid(why)) }
        let keepsPool = settings.pool == before.pool && settings.project == before.project
        guard keepsPool || isOfItsProject(settings) else { return .refused(.invalid("pool")) }
        let rules = linkList[slot].terms.rules
        if let terms, terms != linkList[slot].terms,
            let why = refusal(of: terms, by: by, besides: rules)
        {
            return .refused(why)
        }
        if let version, version != linkList[slot].version {
            return .refused(.versionConflict(owner: nil, version: linkList[slot].version))
        }
        if let holder = codes[settings.code], holder != id { return .refused(.alreadyExists) }
        codes[before.code] = nil
        codes[settings.code] = id
        linkList[slot].settings = settings
        if let terms { linkList[slot].terms = terms }
        if level >= .second { linkList[slot].version += 1 }
        draft.links.note(slot)
        return .done(id: id.rawValue)
    }

    /// Whether the pool that a link names, if any, is one of the link's project.
    private func isOfItsProject(_ settings: LinkSettings) -> Bool {
        guard let pool = settings.pool else { return true }
        return poolRooms[pool].map { rooms[$0].project.id } == settings.project
    }

    /// Why a link can't have these terms: its rules may lead only to what one manages, and to pools
    /// that are there, besides those that it has already.
    private func refusal(
        of terms: LinkTerms, by agent: AgentID?, besides known: [LinkTerms.Rule]
    ) -> Refusal? {
        if let why = terms.refusal { return .invalid(why) }
        for rule in terms.rules {
            guard roomSlots[rule.project] != nil else { return .notFound }
            guard isManager(agent, of: rule.project) else { return .forbidden }
            guard let pool = rule.pool, !known.contains(rule) else { continue }
            guard poolRooms[pool].map({ rooms[$0].project.id }) == rule.project else {
                return .invalid("rules.pool")
            }
        }
        return nil
    }

    /// Clicks from a spool. Each is counted once, and completes the session its token opened if
    /// that came first.
    mutating func receive(_ clicks: [Click]) -> Outcome {
        var isNew = false
        for click in clicks {
            if noteSeen(click.key) { continue }
            isNew = true
            // A click that comes late may be of a customer who was erased meanwhile.
            let isErased = started[click.key].flatMap { sessions[$0] }?.isErased ?? false
            draft.applied.write(
                .click, Int64(bitPattern: click.key.epoch), Int64(bitPattern: click.key.sequence),
                as: (isErased ? click.withoutVisitor : click).encodedAsRow())
            guard let slot = linkSlots[click.link] else { continue }
            if click.flag == .human {
                linkList[slot].humanClicks += 1
            } else {
                linkList[slot].otherClicks += 1
            }
            draft.links.note(slot)
            if click.flag == .human { tellHooks(of: click, on: linkList[slot]) }
            completeTouch(click.key)
        }
        return isNew || clicks.isEmpty ? .done(id: 0) : .duplicate
    }

    /// The click's row has come after its token.
    private mutating func completeTouch(_ key: ClickKey) {
        guard let id = started[key] else { return }
        var session = sessions[id]!
        for index in session.touches.indices where session.touches[index].key == key {
            session.touches[index].isPending = false
        }
        store(session)
    }

    /// What a start token means in a project for a user, before it is attached to a session. Where
    /// its click led to holds, whatever the link says now.
    func touch(
        link: LinkID, key: ClickKey, clickedAt: LogTime, to project: ProjectID?, chat: Chat
    ) -> Touch {
        var touch = Touch(
            link: link, key: key, clickedAt: clickedAt, startedAt: now.time, via: .own,
            isPending: false)
        guard let slot = linkSlots[link],
            project.map({ $0 == chat.project }) ?? linkList[slot].leads(to: chat.project)
        else {
            touch.via = .foreignToken
            return touch
        }
        if let first = started[key], let session = sessions[first], session.user != chat.user {
            touch.via = .shared
            return touch
        }
        touch.isPending = !seenClicks.contains(key)
        return touch
    }

    /// Attaches a touch to its session: the first ones and the latest are kept.
    ///
    /// The last slot is the latest touch's, for attribution alone: it takes no click for its own.
    mutating func attach(_ touch: Touch, to session: inout Session) {
        guard session.touches.count < Touch.limit - 1 else {
            var latest = touch
            latest.isPending = false
            if session.touches.count == Touch.limit { session.touches.removeLast() }
            session.touches.append(latest)
            return
        }
        session.touches.append(touch)
        guard touch.via == .own, started[touch.key] == nil else { return }
        started[touch.key] = session.id
        let slot = linkSlots[touch.link]!
        linkList[slot].starts += 1
        draft.links.note(slot)
    }
}

extension Touch {
    /// How many touches a session keeps.
    static let limit = 16
}

extension LinkSettings {
    /// What can't be as it is.
    fileprivate var refusal: Text? {
        let isPathSegment = code.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        if code.isEmpty || code.utf8.count > FieldLimits.code || !isPathSegment { return "code" }
        if name.utf8.count > FieldLimits.name { return "name" }
        if !language.isEmpty, !language.isLanguage { return "language" }
        // A link that prefers has the whole project.
        if pool != nil, !prefer.isEmpty { return "prefer" }
        return prefer.refusal
    }
}
