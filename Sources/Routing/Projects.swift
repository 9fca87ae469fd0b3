import Wire

extension RoutingState {
    /// A new project without members. Only administrators, or the node itself, make one.
    mutating func createProject(by: AgentID?, _ settings: ProjectSettings) -> Outcome {
        guard isAdministrator(by) else { return .refused(.forbidden) }
        if let why = settings.refusal { return .refused(.invalid(why)) }
        guard isFree(settings.botUsername, for: nil) else { return .refused(.alreadyExists) }
        let id = ProjectID(now.index)
        roomSlots[id] = rooms.count
        draft.rooms.note(rooms.count)
        rooms.append(
            ProjectRoom(
                project: Project(
                    id: id, createdAt: now.time, settings: settings, members: [],
                    rosterVersion: 1)))
        return .done(id: id.rawValue)
    }

    /// Mode, scope and every other rule, in one command; new decisions follow them.
    mutating func updateProject(
        _ id: ProjectID, by: AgentID?, _ settings: ProjectSettings
    ) -> Outcome {
        guard let slot = roomSlots[id] else { return .refused(.notFound) }
        guard isManager(by, of: id) else { return .refused(.forbidden) }
        if let why = settings.refusal { return .refused(.invalid(why)) }
        guard isFree(settings.botUsername, for: id) else { return .refused(.alreadyExists) }
        let before = rooms[slot].project.settings
        rooms[slot].project.settings = settings
        if before.hours != settings.hours { forgetHours(slot) }
        scheduleOpening(slot)
        changed(slot)
        for place in rooms[slot].roster {
            scheduleWindow(place.desk)
            scheduleGrace(place.desk)
            runWatches(of: place.desk)
        }
        if before.timers.goneMilliseconds == nil { beginGone(slot) }
        schedulePatience(slot)
        scheduleRest(slot)
        return .done(id: id.rawValue)
    }

    /// The ordered list as a whole. Who is removed or loses *reply* leaves their sessions to the
    /// queue, or to a successor; the turn stays with whose it was.
    mutating func setMembers(
        _ id: ProjectID, by: AgentID?, _ members: [Member], handOver: AgentID?
    ) -> Outcome {
        guard let slot = roomSlots[id] else { return .refused(.notFound) }
        guard isManager(by, of: id) else { return .refused(.forbidden) }
        guard members.count <= FieldLimits.members,
            Set(members.map(\.agent)).count == members.count
        else { return .refused(.invalid("members")) }
        guard members.areTagged else { return .refused(.invalid("tags")) }
        guard members.allSatisfy({ deskSlots[$0.agent] != nil }) else {
            return .refused(.notFound)
        }
        let before = rooms[slot].roster
        if let handOver {
            let permissions = members.first { $0.agent == handOver }?.permissions ?? []
            guard permissions.contains(.reply) else { return .refused(.invalid("handOver")) }
        }
        for key in rooms[slot].keepTurn(for: members) { draft.note(key, in: slot) }
        rooms[slot].project.members = members
        changed(slot)
        for place in before where !members.contains(where: { $0.agent == place.agent }) {
            desks[place.desk].rooms.removeAll { $0 == slot }
            leave(place.agent, id, as: .left, to: handOver)
            scheduleWindow(place.desk)
            scheduleGrace(place.desk)
        }
        for place in rooms[slot].roster {
            let index = desks[place.desk].rooms.firstIndex { $0 >= slot }
            if index == nil || desks[place.desk].rooms[index!] != slot {
                desks[place.desk].rooms.insert(slot, at: index ?? desks[place.desk].rooms.count)
            }
            scheduleWindow(place.desk)
            scheduleGrace(place.desk)
            if rooms[slot].mayReply(place.agent) {
                stay(place.agent, id)
            } else {
                leave(place.agent, id, as: .left, to: handOver)
            }
        }
        return .done(id: id.rawValue)
    }

    /// Settings or members are others now.
    mutating func changed(_ slot: Int) {
        rooms[slot].project.rosterVersion += 1
        rooms[slot].seat(desks: desks, slots: deskSlots)
        draft.rooms.note(slot)
        noteDrain(slot)
    }

    /// Whether no other project has the bot.
    private func isFree(_ botUsername: Text, for id: ProjectID?) -> Bool {
        botUsername.isEmpty
            || rooms.allSatisfy {
                $0.project.id == id || $0.project.settings.botUsername != botUsername
            }
    }
}

extension [Member] {
    /// Whether their tags are some, and not too many.
    fileprivate var areTagged: Bool {
        let tags = Set(flatMap(\.tags))
        return tags.count <= FieldLimits.tags && tags.allSatisfy(\.isTag)
            && allSatisfy { Set($0.tags).count == $0.tags.count }
    }
}

extension ProjectSettings {
    /// What can't be as it is.
    fileprivate var refusal: Text? {
        if name.isEmpty || name.utf8.count > FieldLimits.name { return "name" }
        if botUsername.utf8.count > FieldLimits.login { return "botUsername" }
        if sealedToken.count > FieldLimits.secret { return "token" }
        if sealedSecret.count > FieldLimits.secret { return "webhookSecret" }
        if newPerMinute > Load.recentLimit { return "newPerMinute" }
        if let hiddenGraceMilliseconds, !Self.spans.contains(hiddenGraceMilliseconds) {
            return "hiddenGrace"
        }
        if !Self.spans.contains(reopenMilliseconds) { return "reopen" }
        if let why = timers.refusal { return why }
        if let why = hours?.refusal { return why }
        if messagesPerMinute > FieldLimits.messagesPerMinute { return "messagesPerMinute" }
        if clickRetentionDays > Self.longestClickRetentionDays { return "clickRetentionDays" }
        if case .after(let milliseconds) = assignOffline, !Self.spans.contains(milliseconds) {
            return "assignOffline"
        }
        return nil
    }

    /// The longest span of time that a setting may have, in milliseconds: a century.
    static let longestSpan: Int64 = 100 * 366 * 86_400_000
    private static let spans: ClosedRange<Int64> = 0...longestSpan
}
