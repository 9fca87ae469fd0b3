import Wire

// The checks of who may be given what comes in: roster, scope, seats.
extension RoutingState {
    func roster(in slot: Int) -> [Checkup.RosterFinding] {
        let room = rooms[slot]
        var findings: [Checkup.RosterFinding] = []
        let members = room.roster.filter(\.mayAnswer).count
        if members == 0 { findings.append(.empty) }
        for pool in room.pools where !pool.isManned {
            findings.append(.emptyPool(pool.id, links: linkCount(of: pool.id)))
        }
        return findings.isEmpty
            ? [.manned(members: members, pools: room.pools.count)] : findings
    }

    func scope(in slot: Int) -> [Checkup.RosterFinding] {
        let room = rooms[slot]
        var findings: [Checkup.RosterFinding] = []
        let able = room.roster.filter { $0.rules.isEmpty }
        if able.isEmpty {
            findings.append(.nobodyInScope)
        } else {
            findings.append(.inScope(able.count))
            for (index, pool) in room.pools.enumerated() where pool.isManned {
                let bit: UInt64 = 2 << UInt64(index)
                if able.contains(where: { $0.pools & bit != 0 }) { continue }
                findings.append(.poolOutOfScope(pool.id, links: linkCount(of: pool.id)))
            }
            for link in linkList
            where link.settings.project == room.project.id && link.settings.isEnabled {
                findings += wishes(of: link, able, in: room)
            }
        }
        for place in room.roster where place.rules == .notInScope {
            findings.append(.leftOut(place.agent, waiting: room.queue.count))
        }
        return findings
    }

    /// What a link wants of its agents that nobody has.
    private func wishes(
        of link: Link, _ able: [ProjectRoom.Place], in room: ProjectRoom
    ) -> [Checkup.RosterFinding] {
        var findings: [Checkup.RosterFinding] = []
        let language = link.settings.language
        if !language.isEmpty, room.hasLanguages {
            let spoken = room.mask(speaking: language)
            if !able.contains(where: { $0.tags & spoken != 0 }) {
                findings.append(.unspoken(link.id, language: language))
            }
        }
        let prefer = link.settings.prefer
        if !prefer.isEmpty {
            let wanted = room.mask(of: prefer.tags)
            let isThere = able.contains {
                $0.tags & wanted != 0 || prefer.agents.contains($0.agent)
            }
            if !isThere { findings.append(.preferredNobody(link.id)) }
        }
        return findings
    }

    func seats(in slot: Int) -> [Checkup.RosterFinding] {
        let room = rooms[slot]
        guard let seats = room.project.settings.seats.map(Int.init) else {
            return [.seatsUnlimited]
        }
        let able = room.roster.filter(\.mayAnswer)
        let over = able.filter { $0.rules.contains(.overSeat) }
        return [.seats(taken: able.count - over.count, of: seats)]
            + over.map { .overSeat($0.agent, seats: seats) }
    }

    private func linkCount(of pool: PoolID) -> Int {
        linkList.filter { $0.settings.pool == pool && $0.settings.isEnabled }.count
    }
}

extension ProjectRoom.Place {
    /// Whether the member is active and has *reply*.
    fileprivate var mayAnswer: Bool { rules.isDisjoint(with: [.deactivated, .cannotReply]) }
}

extension ProjectRoom {
    /// The bits of the tags of a language's speakers: of its primary subtag, whatever follows.
    fileprivate func mask(speaking language: Text) -> UInt64 {
        let prefix = Text.languagePrefix.utf8
        var mask: UInt64 = 0
        for (bit, tag) in tags.enumerated() where tag.utf8.starts(with: prefix) {
            let spoken = Text(Array(tag.utf8.dropFirst(prefix.count)))
            if spoken.primarySubtag == language.primarySubtag { mask |= 1 << UInt64(bit) }
        }
        return mask
    }
}
