import Wire

/// Lengths beyond which a field is refused, in bytes.
enum FieldLimits {
    static let login = 128
    static let name = 256
    static let secret = 4096
    static let code = 64
    static let members = 1000
    static let signInsPerAgent = 32
    static let remark = 4096
    static let tag = 64
    /// Different ones in a project, one bit each.
    static let tags = 64
    static let language = 35
    static let moves: UInt32 = 100
    static let weekSpans = 100
    static let messagesPerMinute: UInt32 = 10_000
}

extension RoutingState {
    /// The first administrator of a new installation.
    mutating func bootstrap(_ login: Text, _ name: Text, _ passwordHash: Text) -> Outcome {
        guard desks.isEmpty else { return .refused(.alreadyExists) }
        return createAgent(by: nil, login, name, passwordHash, isAdmin: true)
    }

    /// A new account. Only administrators, or the node itself (nil), make one.
    mutating func createAgent(
        by: AgentID?, _ login: Text, _ name: Text, _ passwordHash: Text, isAdmin: Bool
    ) -> Outcome {
        guard isAdministrator(by) else { return .refused(.forbidden) }
        guard !login.isEmpty, login.utf8.count <= FieldLimits.login else {
            return .refused(.invalid("login"))
        }
        guard name.utf8.count <= FieldLimits.name else { return .refused(.invalid("name")) }
        guard passwordHash.utf8.count <= FieldLimits.secret else {
            return .refused(.invalid("password"))
        }
        guard logins[login] == nil else { return .refused(.alreadyExists) }
        let id = AgentID(now.index)
        logins[login] = id
        deskSlots[id] = desks.count
        draft.desks.note(desks.count)
        desks.append(
            AgentDesk(
                account: Agent(
                    id: id, login: login, name: name, passwordHash: passwordHash,
                    isAdmin: isAdmin)))
        return .done(id: id.rawValue)
    }

    /// Administrators change anything; agents their own name and password.
    mutating func updateAgent(_ id: AgentID, by: AgentID?, _ change: AgentChange) -> Outcome {
        guard let desk = deskSlots[id] else { return .refused(.notFound) }
        if !isAdministrator(by) {
            let isOwn = by == id && desks[desk].account.isActive
            guard isOwn, change.touchesOnlyNameAndPassword else { return .refused(.forbidden) }
        }
        if let why = change.refusal { return .refused(.invalid(why)) }
        if let successor = change.handOver {
            let isThere = deskSlots[successor].map { desks[$0].account.isActive } ?? false
            guard change.isActive == false, successor != id, isThere else {
                return .refused(.invalid("handOver"))
            }
        }
        let account = desks[desk].account
        let losesAdmin = change.isAdmin == false || change.isActive == false
        if losesAdmin, account.isAdmin, account.isActive,
            desks.filter({ $0.account.isAdmin && $0.account.isActive }).count == 1
        {
            return .refused(.invalid("the last administrator"))
        }
        if let name = change.name { desks[desk].account.name = name }
        if let hash = change.passwordHash {
            desks[desk].account.passwordHash = hash
            // An operator's reset, after which nobody goes on with the old password's sign-ins.
            if by == nil { signOutEverywhere(desk) }
        }
        if let isAdmin = change.isAdmin { desks[desk].account.isAdmin = isAdmin }
        if let limit = change.openLimit { desks[desk].account.openLimit = limit }
        if let limit = change.newPerMinute { desks[desk].account.newPerMinute = limit }
        if let isActive = change.isActive { setActive(isActive, desk, change.handOver) }
        draft.desks.note(desk)
        scheduleWindow(desk)
        noteDrain(ofDesk: desk)
        return .done(id: id.rawValue)
    }

    /// Deactivation signs the agent out everywhere and puts their sessions back into the queues, or
    /// hands them over.
    private mutating func setActive(_ isActive: Bool, _ desk: Int, _ successor: AgentID?) {
        guard desks[desk].account.isActive != isActive else { return }
        desks[desk].account.isActive = isActive
        let id = desks[desk].account.id
        for slot in desks[desk].rooms {
            rooms[slot].seat(desks: desks, slots: deskSlots)
            noteDrain(slot)
        }
        if isActive {
            for entry in leaving where entry.agent == id {
                let slot = roomSlots[entry.project]!
                if rooms[slot].mayReply(id) { stay(id, entry.project) }
            }
        } else {
            signOutEverywhere(desk)
            for count in desks[desk].openCounts {
                leave(id, count.project, as: .left, to: successor)
            }
        }
    }

    /// A browser signs in or out, or goes on at another address.
    mutating func apply(signIn command: Command) -> Outcome {
        switch command {
        case .signIn(let id, let hash, let idle, let absolute):
            signIn(id, Text(hash), idle: idle, absolute: absolute)
        case .signOut(let id, let hash): signOut(id, Text(hash))
        case .moveSignIn(let old, let new): moveSignIn(from: Text(old), to: Text(new))
        default: preconditionFailure("no command of a sign-in")
        }
    }

    /// A browser signed in; the same hash again counts as use.
    mutating func signIn(
        _ id: AgentID, _ tokenHash: Text, idle: Int64, absolute: Int64
    ) -> Outcome {
        guard let desk = deskSlots[id] else { return .refused(.notFound) }
        guard desks[desk].account.isActive else { return .refused(.forbidden) }
        let spans = 1...ProjectSettings.longestSpan
        guard tokenHash.utf8.count == 32, spans.contains(idle), spans.contains(absolute) else {
            return .refused(.invalid("sign-in"))
        }
        if var known = signIns[tokenHash] {
            guard known.agent == id else { return .refused(.alreadyExists) }
            known.lastUsed = now.time
            keep(known)
            return .done(id: known.id)
        }
        while desks[desk].signIns.count >= FieldLimits.signInsPerAgent {
            removeSignIn(desks[desk].signIns[0])
        }
        desks[desk].account.lastSignIn = now.time
        draft.desks.note(desk)
        keep(
            SignIn(
                id: now.index, agent: id, tokenHash: tokenHash.utf8, at: now.time,
                lastUsed: now.time, idleMilliseconds: idle,
                endsAt: now.time.adding(milliseconds: absolute)))
        changePresence(of: desk) { $0.desks[desk].signIns.append(tokenHash) }
        return .done(id: now.index)
    }

    /// A browser goes on at another address, where it can't show its old cookie. The sign-in is
    /// the same, with the same end; whoever shows the old cookie, or moves it again, is refused.
    mutating func moveSignIn(from old: Text, to new: Text) -> Outcome {
        guard let known = signIns[old], let desk = deskSlots[known.agent] else {
            return .refused(.notFound)
        }
        guard desks[desk].account.isActive else { return .refused(.forbidden) }
        guard new.utf8.count == 32, signIns[new] == nil else {
            return .refused(.invalid("sign-in"))
        }
        signIns[old] = nil
        keep(
            SignIn(
                id: known.id, agent: known.agent, tokenHash: new.utf8, at: known.at,
                lastUsed: now.time, idleMilliseconds: known.idleMilliseconds,
                endsAt: known.endsAt))
        desks[desk].signIns = desks[desk].signIns.map { $0 == old ? new : $0 }
        draft.applied.events.append(.signedOut(known.agent, tokenHash: known.tokenHash))
        return .done(id: known.agent.rawValue)
    }

    /// A browser signed out.
    mutating func signOut(_ id: AgentID, _ tokenHash: Text) -> Outcome {
        guard signIns[tokenHash]?.agent == id else { return .refused(.notFound) }
        removeSignIn(tokenHash)
        return .done(id: id.rawValue)
    }

    /// An administrator takes an agent offline: no browser of theirs is signed in any more.
    mutating func forceOffline(_ id: AgentID, by: AgentID?) -> Outcome {
        guard isAdministrator(by) else { return .refused(.forbidden) }
        guard let desk = deskSlots[id] else { return .refused(.notFound) }
        signOutEverywhere(desk)
        return .done(id: id.rawValue)
    }

    private mutating func signOutEverywhere(_ desk: Int) {
        for hash in desks[desk].signIns { removeSignIn(hash) }
        for key in desks[desk].connections { drop(key) }
    }

    /// A sign-in reached its idle or absolute end. An open console counts as use.
    mutating func endSignIn(_ agent: AgentID, _ id: Int64) {
        let desk = deskSlots[agent]!
        let hash = desks[desk].signIns.first { signIns[$0]!.id == id }!
        var signIn = signIns[hash]!
        if !desks[desk].connections.isEmpty, now.time < signIn.endsAt {
            signIn.lastUsed = now.time
            keep(signIn)
        } else {
            removeSignIn(hash)
        }
    }

    private mutating func keep(_ signIn: SignIn) {
        signIns[Text(signIn.tokenHash)] = signIn
        expiries.set(.signIn(signIn.agent, signIn.id), signIn.expires)
        draft.applied.write(.signIn, signIn.agent.rawValue, signIn.id, as: signIn.encoded())
    }

    private mutating func removeSignIn(_ hash: Text) {
        let signIn = signIns.removeValue(forKey: hash)!
        expiries.set(.signIn(signIn.agent, signIn.id), nil)
        draft.applied.write(.signIn, signIn.agent.rawValue, signIn.id, as: nil)
        draft.applied.events.append(.signedOut(signIn.agent, tokenHash: signIn.tokenHash))
        let desk = deskSlots[signIn.agent]!
        changePresence(of: desk) { $0.desks[desk].signIns.removeAll { $0 == hash } }
    }
}

extension AgentChange {
    fileprivate var touchesOnlyNameAndPassword: Bool {
        isAdmin == nil && isActive == nil && openLimit == nil && newPerMinute == nil
            && handOver == nil
    }

    /// What can't be as it is.
    fileprivate var refusal: Text? {
        if let name, name.utf8.count > FieldLimits.name { return "name" }
        if let passwordHash, passwordHash.utf8.count > FieldLimits.secret { return "password" }
        if let newPerMinute, newPerMinute > Load.recentLimit { return "newPerMinute" }
        return nil
    }
}
