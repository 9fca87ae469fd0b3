import Wire

/// The numbers of commands in the log. A number is never used for another meaning.
enum CommandTag: UInt8, CaseIterable {
    case advance = 1
    case bootstrap = 2
    case createAgent = 3
    case updateAgent = 4
    case signIn = 5
    case signOut = 6
    case createProject = 7
    case updateProject = 8
    case setMembers = 9
    case createLink = 10
    case updateLink = 11
    case update = 12
    case clicks = 13
    case renewLeases = 14
    case closeConnections = 15
    case setAway = 16
    case reply = 17
    case claim = 18
    case transfer = 19
    case giveBack = 20
    case complete = 21
    case reopen = 22
    case beginEpoch = 23
    case startSending = 24
    case finishSending = 25
    case resend = 26
    case raiseLevel = 27
    case forceOffline = 28
    case createPool = 29
    case updatePool = 30
    case removePool = 31
    case setMembersHandingOver = 32
    case takeOver = 33
    case bar = 34
    case resolveHours = 35
    case createToken = 70
    case revokeToken = 71
    case addNote = 60
    case addRemark = 61
    case setTags = 62
    case setDeskBook = 63
    case makeLink = 50
    case editLink = 51
    case clicksWithFingerprints = 52
    case through = 88
    case setModeration = 95
    case moderatedReply = 96
    case refuseReply = 97
    case tellURL = 105
    case pointWebhook = 106
    case createHook = 107
    case updateHook = 108
    case removeHook = 109
    case pingHook = 110
    case passOverDelivery = 111
    case finishDeliveries = 112
    case eraseCustomer = 113
    case eraseSession = 114
    case finishErasure = 115
    case forgetClicks = 116
    case tellErased = 117
    case formattedReply = 120
    case revise = 121
    case reviseQueued = 122
    case ifUnchanged = 130
    case moveSignIn = 131
    case replyWithFile = 140
    case forgetFiles = 141
    case answer = 150
    case barSeen = 190
    case renewHiddenLeases = 191
}

extension ByteWriter {
    /// A command: its tag, then its fields in order.
    @inline(__always)
    mutating func put<each Field: Coded>(_ tag: CommandTag, _ field: repeat each Field) {
        u8(tag.rawValue)
        repeat put(each field)
    }
}

extension Command {
    /// Appends the command as it stands in the log: a tag and the fields in order.
    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .advance: writer.put(.advance)
        case .bootstrap(let login, let name, let hash): writer.put(.bootstrap, login, name, hash)
        case .createAgent(let by, let login, let name, let hash, let isAdmin):
            writer.put(.createAgent, by, login, name, hash, isAdmin)
        case .updateAgent(let id, let by, let change): writer.put(.updateAgent, id, by, change)
        case .signIn(let id, let hash, let idle, let absolute):
            writer.put(.signIn, id, Text(hash), idle, absolute)
        case .signOut(let id, let hash): writer.put(.signOut, id, Text(hash))
        case .createProject(let by, let settings): writer.put(.createProject, by, settings)
        case .updateProject(let id, let by, let new): writer.put(.updateProject, id, by, new)
        case .setMembers(let id, let by, let all, nil): writer.put(.setMembers, id, by, all)
        case .setMembers(let id, let by, let members, let successor?):
            writer.put(.setMembersHandingOver, id, by, members, successor)
        case .createLink(let by, let settings): writer.put(.createLink, by, settings)
        case .updateLink(let id, let by, let settings): writer.put(.updateLink, id, by, settings)
        case .update(let update): writer.put(.update, update)
        case .clicks(let clicks): Command.encode(clicks, into: &writer)
        case .renewLeases, .bar: encodeSeen(into: &writer)
        case .closeConnections(let node, let incarnation, let numbers):
            writer.put(.closeConnections, node, incarnation, numbers)
        case .setAway(let id, let isAway): writer.put(.setAway, id, isAway)
        case .reply, .claim, .transfer, .giveBack, .complete, .reopen, .takeOver:
            encodeDesk(into: &writer)
        case .beginEpoch(let epoch): writer.put(.beginEpoch, epoch)
        case .startSending(let ids, let epoch): writer.put(.startSending, ids, epoch)
        case .finishSending(let id, let epoch, let result):
            writer.put(.finishSending, id, epoch, result)
        case .resend(let id, let by): writer.put(.resend, id, by)
        case .raiseLevel(let target): writer.put(.raiseLevel, target)
        case .forceOffline(let id, let by): writer.put(.forceOffline, id, by)
        case .createPool(let by, let id, let new): writer.put(.createPool, by, id, new)
        case .updatePool(let id, let by, let new): writer.put(.updatePool, id, by, new)
        case .removePool(let id, let by): writer.put(.removePool, id, by)
        case .resolveHours(let id, let hours, let times):
            writer.put(.resolveHours, id, hours, times)
        case .createToken(let by, let name, let agent, let hash, let scopes, let ends):
            writer.put(.createToken, by, name, agent, Text(hash))
            writer.u8(scopes.rawValue, isLonger: ends != nil)
            if let ends { writer.put(ends) }
        case .revokeToken(let id, let by): writer.put(.revokeToken, id, by)
        case .addNote, .addRemark, .setTags, .setDeskBook: encodePaperwork(into: &writer)
        case .setModeration, .moderatedReply, .refuseReply: encodeModeration(into: &writer)
        case .formattedReply, .answer, .revise, .reviseQueued: encodeMessages(into: &writer)
        case .replyWithFile, .forgetFiles: encodeFiles(into: &writer)
        case .makeLink, .editLink: encodeLink(into: &writer)
        case .tellURL, .pointWebhook: encodeFrontDoor(into: &writer)
        case .createHook, .updateHook, .removeHook, .pingHook, .passOverDelivery,
            .finishDeliveries:
            encodeHook(into: &writer)
        case .eraseCustomer, .eraseSession, .finishErasure, .forgetClicks, .tellErased:
            encodePrivacy(into: &writer)
        case .through, .ifUnchanged: encodeWrapper(into: &writer)
        case .moveSignIn(let old, let new): writer.put(.moveSignIn, Text(old), Text(new))
        }
    }

    /// A command around another one.
    private func encodeWrapper(into writer: inout ByteWriter) {
        switch self {
        case .through(let token, let command):
            writer.put(.through, token)
            command.encode(into: &writer)
        case .ifUnchanged(let since, let command):
            writer.put(.ifUnchanged, since)
            command.encode(into: &writer)
        default: preconditionFailure("no command around another one")
        }
    }

    /// Reads one command; the caller checks that nothing follows.
    ///
    /// An unknown tag is an error: a node that can't apply an entry must not go on.
    public static func decode(_ reader: inout ByteReader) throws(WireError) -> Command {
        try Command(from: &reader)
    }
}

extension Command: Coded {
    init(from r: inout ByteReader) throws(WireError) {
        let tag: CommandTag = try r.takeCase()
        switch tag {
        case .advance: self = .advance
        case .bootstrap:
            self = .bootstrap(login: try r.take(), name: try r.take(), passwordHash: try r.take())
        case .createAgent:
            self = .createAgent(
                by: try r.take(), login: try r.take(), name: try r.take(),
                passwordHash: try r.take(), isAdmin: try r.take())
        case .updateAgent: self = .updateAgent(try r.take(), by: try r.take(), try r.take())
        case .signIn: self = try Command(signInFrom: &r)
        case .signOut: self = .signOut(try r.take(), tokenHash: try r.blob())
        case .createProject: self = .createProject(by: try r.take(), try r.take())
        case .updateProject: self = .updateProject(try r.take(), by: try r.take(), try r.take())
        case .setMembers: self = .setMembers(try r.take(), by: try r.take(), try r.take())
        case .createLink: self = .createLink(by: try r.take(), try r.take())
        case .updateLink: self = .updateLink(try r.take(), by: try r.take(), try r.take())
        case .update: self = .update(try r.take())
        case .clicks: self = .clicks(try r.take())
        case .closeConnections:
            self = .closeConnections(node: try r.take(), incarnation: try r.take(), try r.take())
        case .setAway: self = .setAway(try r.take(), try r.take())
        case .reply, .claim, .transfer, .giveBack, .complete, .reopen, .takeOver:
            self = try Command(desk: tag, from: &r)
        case .beginEpoch: self = .beginEpoch(try r.take())
        case .startSending: self = .startSending(try r.take(), epoch: try r.take())
        case .finishSending: self = .finishSending(try r.take(), epoch: try r.take(), try r.take())
        case .resend: self = .resend(try r.take(), by: try r.take())
        case .raiseLevel: self = .raiseLevel(to: try r.take())
        case .forceOffline: self = .forceOffline(try r.take(), by: try r.take())
        case .createPool: self = .createPool(by: try r.take(), try r.take(), try r.take())
        case .updatePool: self = .updatePool(try r.take(), by: try r.take(), try r.take())
        case .removePool: self = .removePool(try r.take(), by: try r.take())
        case .setMembersHandingOver: self = try Command(handingOverFrom: &r)
        case .renewLeases, .renewHiddenLeases, .bar, .barSeen:
            self = try Command(seen: tag, from: &r)
        case .resolveHours: self = .resolveHours(try r.take(), try r.take(), try r.take())
        case .createToken: self = try Command(tokenFrom: &r)
        case .revokeToken: self = .revokeToken(try r.take(), by: try r.take())
        case .addNote, .addRemark, .setTags, .setDeskBook:
            self = try Command(paperwork: tag, from: &r)
        case .setModeration, .moderatedReply, .refuseReply:
            self = try Command(moderation: tag, from: &r)
        case .formattedReply, .answer, .revise, .reviseQueued:
            self = try Command(messages: tag, from: &r)
        case .replyWithFile, .forgetFiles: self = try Command(files: tag, from: &r)
        case .makeLink, .editLink, .clicksWithFingerprints: self = try Command(links: tag, from: &r)
        case .tellURL, .pointWebhook: self = try Command(frontDoor: tag, from: &r)
        case .createHook, .updateHook, .removeHook, .pingHook, .passOverDelivery,
            .finishDeliveries:
            self = try Command(hook: tag, from: &r)
        case .eraseCustomer, .eraseSession, .finishErasure, .forgetClicks, .tellErased:
            self = try Command(privacy: tag, from: &r)
        case .through: self = try Command(throughFrom: &r)
        case .ifUnchanged: self = try Command(ifUnchangedFrom: &r)
        case .moveSignIn: self = .moveSignIn(from: try r.blob(), to: try r.blob())
        }
    }

    /// What is no configuration, and what is given through a token already, is not read.
    private init(throughFrom r: inout ByteReader) throws(WireError) {
        let token: APITokenID = try r.take()
        let start = r.offset
        let refusal = WireError(.badValue("command through a token"), offset: start)
        // Looked at before it is read: nothing nests deeper than once.
        var ahead = r
        if try ahead.u8() == CommandTag.through.rawValue { throw refusal }
        let command = try Command(from: &r)
        guard command.mayGoThrough else { throw refusal }
        self = .through(token, command)
    }

    private init(signInFrom r: inout ByteReader) throws(WireError) {
        self = .signIn(
            try r.take(), tokenHash: try r.blob(), idleMilliseconds: try r.take(),
            absoluteMilliseconds: try r.take())
    }

    private init(handingOverFrom r: inout ByteReader) throws(WireError) {
        self = .setMembers(
            try r.take(), by: try r.take(), try r.take(), handOver: try AgentID(from: &r))
    }

    private init(tokenFrom r: inout ByteReader) throws(WireError) {
        let (by, name): (AgentID?, Text) = (try r.take(), try r.take())
        let (agent, hash): (AgentID, [UInt8]) = (try r.take(), try r.blob())
        let (scopes, isLonger) = try r.u8OrLonger()
        self = .createToken(
            by: by, name: name, for: agent, tokenHash: hash, scopes: TokenScopes(rawValue: scopes),
            ends: isLonger ? try LogTime(from: &r) : nil)
    }
}
