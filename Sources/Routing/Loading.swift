import Wire

// A state is rebuilt from rows alone: first `load` for every row of the tables that are loaded at
// start, ascending in each table, then `finishLoading`. Tables may come in any order.
extension RoutingState {
    /// Takes one stored row. Rows of tables that are not kept in memory are passed over.
    public mutating func load(
        table: RowTable, major: Int64, minor: Int64, value: [UInt8]
    ) throws(WireError) {
        switch table {
        case .scalar: try loadScalar(major, value)
        case .project:
            let project = try Project(id: ProjectID(major), value: value)
            roomSlots[project.id] = rooms.count
            rooms.append(ProjectRoom(project: project))
        case .agent:
            let account = try Agent(id: AgentID(major), value: value)
            deskSlots[account.id] = desks.count
            desks.append(AgentDesk(account: account))
        case .signIn:
            let signIn = try SignIn(agent: AgentID(major), id: minor, value: value)
            signIns[Text(signIn.tokenHash)] = signIn
        case .apiToken:
            let token = try APIToken(id: APITokenID(major), value: value)
            tokens[Text(token.tokenHash)] = token
        case .session: note(try sessions.load(SessionID(major), row: value))
        case .pool, .replyWatch, .goneWatch, .openTimes, .customer:
            unplaced.append(RowChange(table: table, major: major, minor: minor, value: value))
        case .link:
            let link = try Link(id: LinkID(major), value: value)
            linkSlots[link.id] = linkList.count
            codes[link.settings.code] = link.id
            linkList.append(link)
        case .presence:
            let key = Connection.Key(
                incarnation: UInt64(bitPattern: major), number: UInt64(bitPattern: minor))
            connections[key] = try Connection(key: key, value: value)
        case .outbox:
            outgoing.put(try OutboxMessage(id: OutboxID(major), value: value))
        case .seenClicks:
            let interval = try SeenIntervals.Interval(first: minor, value: value)
            seenClicks.load(UInt64(bitPattern: major), interval)
        case .cursor, .seenUpdates, .load:
            unplaced.append(RowChange(table: table, major: major, minor: minor, value: value))
        case .deskBook: records.books[ProjectID(major)] = try DeskBook(row: value)
        case .moderation:
            records.moderation[ProjectID(major)] = try Moderation(alone: value)
        case .audit: try trail.load(major, value)
        case .tags: records.tags[SessionID(major)] = try [Text](alone: value)
        case .waits: records.waits[ProjectID(major)] = try RecentWaits(alone: value)
        case .webhookPoint:
            frontDoor.points[ProjectID(major)] = try WebhookPoint(alone: value)
        case .nodeURL:
            frontDoor.urls[UInt64(bitPattern: major)] = try Text(alone: value)
        case .hook: hooks.add(try Hook(id: HookID(major), value: value))
        case .hookDelivery:
            hooks.queues[HookID(major), default: HookQueue()].append(
                try HookDelivery(sequence: minor, value: value))
        case .settingVersion:
            let setting = try Setting(major: major, minor: minor)
            settingVersions[setting] = try Int64(alone: value)
        case .erasure, .erasureMark, .erasureTold:
            try load(privacy: table, major: major, value: value)
        case .history, .click, .request, .keyedRequest, .note, .onlineSpan, .revision: break
        }
    }

    private mutating func loadScalar(_ key: Int64, _ value: [UInt8]) throws(WireError) {
        var reader = ByteReader(value)
        switch Scalar(rawValue: key) {
        case .epoch: epoch = try reader.varint()
        case .level: level = try reader.take()
        case .drainPending: isDrainPending = try reader.bool()
        case .leaving:
            for _ in 0..<(try reader.count(limit: reader.remaining)) {
                leaving.append(Leaving(agent: try reader.take(), project: try reader.take()))
            }
        case .leavingMore:
            for _ in 0..<(try reader.count(limit: reader.remaining)) {
                leaving.append(
                    Leaving(
                        agent: try reader.take(), project: try reader.take(),
                        way: try reader.takeCase(), to: try reader.take(),
                        after: try reader.take()))
            }
        case nil: throw WireError(.unknownTag(UInt64(bitPattern: key)), offset: 0)
        }
        try reader.expectEnd()
    }

    /// Builds what rows only imply; call once after the last `load`.
    public mutating func finishLoading() throws(WireError) {
        for desk in desks { logins[desk.account.login] = desk.account.id }
        leaving.sort()
        try placeRows()
        forgetLatestOfErased()
        for session in unplacedSessions { try place(session) }
        unplacedSessions = []
        for signIn in signIns.values.sorted(by: { $0.id < $1.id }) {
            guard let desk = deskSlots[signIn.agent] else { throw Self.orphan }
            desks[desk].signIns.append(Text(signIn.tokenHash))
            expiries.set(.signIn(signIn.agent, signIn.id), signIn.expires)
        }
        for key in connections.keys.sorted() {
            guard let desk = deskSlots[connections[key]!.agent] else { throw Self.orphan }
            desks[desk].connections.append(key)
            expiries.set(.connection(key), connections[key]!.expires)
        }
        for slot in rooms.indices {
            for member in rooms[slot].project.members {
                guard let desk = deskSlots[member.agent] else { throw Self.orphan }
                desks[desk].rooms.append(slot)
            }
            rooms[slot].seat(desks: desks, slots: deskSlots)
            schedulePatience(slot)
            scheduleRest(slot)
            scheduleOpening(slot)
            expiries.set(.gone(rooms[slot].project.id), rooms[slot].gone?.next)
            for pool in rooms[slot].pools { scheduleRestriction(pool.id, in: slot) }
            if isDrainPending { noteDrain(slot) }
        }
        for desk in desks.indices {
            for place in desks[desk].watches.indices { scheduleReply(desk, place) }
            notePages(of: desk)
            scheduleGrace(desk)
            scheduleWindow(desk)
        }
    }

    /// A row that names something that has no row.
    private static var orphan: WireError {
        WireError(.badValue("row without its owner"), offset: 0)
    }

    /// Gives cursors, seen updates and loads to the things that they belong to.
    mutating func placeRows() throws(WireError) {
        for row in unplaced {
            switch row.table {
            case .cursor:
                guard let slot = roomSlots[ProjectID(row.major)] else { throw Self.orphan }
                try rooms[slot].loadCursor(row.minor, value: row.value!)
            case .pool:
                let pool = try Pool(id: PoolID(row.major), value: row.value!)
                guard let slot = roomSlots[pool.project] else { throw Self.orphan }
                poolRooms[pool.id] = slot
                rooms[slot].pools.append(pool)
            case .replyWatch:
                guard let desk = deskSlots[AgentID(row.major)],
                    roomSlots[ProjectID(row.minor)] != nil
                else { throw Self.orphan }
                var reader = ByteReader(row.value!)
                desks[desk].watches.append(
                    ReplyWatch(project: ProjectID(row.minor), clock: try reader.take()))
                try reader.expectEnd()
            case .openTimes:
                guard let slot = roomSlots[ProjectID(row.major)] else { throw Self.orphan }
                var reader = ByteReader(row.value!)
                rooms[slot].openTimes = try OpenTimes(from: &reader)
                try reader.expectEnd()
            case .customer:
                guard let slot = roomSlots[ProjectID(row.major)] else { throw Self.orphan }
                try loadCustomer(slot, TelegramID(row.minor), value: row.value!)
            case .goneWatch:
                guard let slot = roomSlots[ProjectID(row.major)] else { throw Self.orphan }
                var reader = ByteReader(row.value!)
                rooms[slot].gone = try GoneWatch(from: &reader)
                try reader.expectEnd()
            case .seenUpdates:
                guard let slot = roomSlots[ProjectID(row.major)] else { throw Self.orphan }
                rooms[slot].seen.load(
                    try SeenIntervals.Interval(first: row.minor, value: row.value!))
            case .load:
                guard let desk = deskSlots[AgentID(row.major)] else { throw Self.orphan }
                desks[desk].load = try Load(value: row.value!)
            case .scalar, .project, .agent, .signIn, .session, .history, .link, .click, .outbox,
                .presence, .request, .keyedRequest, .seenClicks, .apiToken, .note, .deskBook, .tags,
                .waits, .webhookPoint, .nodeURL, .onlineSpan, .audit, .moderation, .hook,
                .hookDelivery, .settingVersion, .erasure, .erasureMark, .erasureTold, .revision:
                preconditionFailure("a row that needs no placing")
            }
        }
        unplaced = []
    }

    /// Notes what a session that was loaded implies; it is placed once everything is loaded.
    private mutating func note(_ session: Session) {
        latest[Chat(project: session.project, user: session.user)] = session.id
        for touch in session.startingTouches where started[touch.key] == nil {
            started[touch.key] = session.id
        }
        unplacedSessions.append(
            UnplacedSession(
                id: session.id, project: session.project, isOpen: session.state != .completed))
    }

    /// Puts a session where it belongs: a queue, its agent's desk, the completed ones.
    private mutating func place(_ unplaced: UnplacedSession) throws(WireError) {
        guard let slot = roomSlots[unplaced.project] else { throw Self.orphan }
        rooms[slot].sessions.insert(unplaced.id)
        // A completed one need not be read again.
        guard unplaced.isOpen, let session = sessions[unplaced.id] else {
            rooms[slot].completed.insert(unplaced.id)
            return
        }
        guard session.state == .assigned else {
            rooms[slot].queue.insert(session)
            if session.isUntold { untold.insert(session.id) }
            return expiries.set(.exclusion(session.id), session.exclusions.first?.until)
        }
        guard let owner = session.owner, let desk = deskSlots[owner] else { throw Self.orphan }
        desks[desk].add(session.id, of: session.project)
        if let resting = session.restingPlace { rooms[slot].resting.insert(resting) }
        guard let reading = session.replyDue else { return }
        let watch = desks[desk].watches.firstIndex { $0.project == session.project }
        guard let watch else { throw Self.orphan }
        desks[desk].watches[watch].dues.insert(.init(reading: reading, session: session.id))
    }
}

/// A session that was loaded and is not in its project yet.
struct UnplacedSession: Sendable {
    var id: SessionID
    var project: ProjectID
    var isOpen: Bool
}
