import Wire

/// What a configuration command is about.
enum AuditSubject {
    case agent(AgentID?)
    case project(ProjectID?)
    case pool(PoolID?)
    case link(LinkID?)
    case token(APITokenID?)
    case hook(HookID?)
    case erasure(ErasureID?)
    case cluster

    /// The subject, once the command that makes it has told its number.
    func made(_ id: Int64) -> AuditSubject {
        switch self {
        case .agent(let known): .agent(known ?? AgentID(id))
        case .project(let known): .project(known ?? ProjectID(id))
        case .pool(let known): .pool(known ?? PoolID(id))
        case .link(let known): .link(known ?? LinkID(id))
        case .token(let known): .token(known ?? APITokenID(id))
        case .hook(let known): .hook(known ?? HookID(id))
        case .erasure(let known): .erasure(known ?? ErasureID(id))
        case .cluster: .cluster
        }
    }

    /// Its number; 0 for the cluster.
    var number: Int64 {
        switch self {
        case .agent(let id): id?.rawValue ?? 0
        case .project(let id): id?.rawValue ?? 0
        case .pool(let id): id?.rawValue ?? 0
        case .link(let id): id?.rawValue ?? 0
        case .token(let id): id?.rawValue ?? 0
        case .hook(let id): id?.rawValue ?? 0
        case .erasure(let id): id?.rawValue ?? 0
        case .cluster: 0
        }
    }
}

/// A configuration command as the audit log sees it.
struct Audited {
    var by: AgentID?
    var act: AuditLine.Act
    /// Without a number where the command makes it.
    var subject: AuditSubject
}

extension Command {
    /// What the audit log says of the command; nil: it is no change of configuration. Every kind
    /// of command is decided on here.
    var audited: Audited? {
        switch self {
        case .bootstrap: Audited(by: nil, act: .createdAgent, subject: .agent(nil))
        case .createAgent(let by, _, _, _, _):
            Audited(by: by, act: .createdAgent, subject: .agent(nil))
        case .updateAgent(let id, let by, _):
            Audited(by: by, act: .changedAgent, subject: .agent(id))
        case .forceOffline(let id, let by):
            Audited(by: by, act: .forcedOffline, subject: .agent(id))
        case .createProject(let by, _):
            Audited(by: by, act: .createdProject, subject: .project(nil))
        case .updateProject(let id, let by, _):
            Audited(by: by, act: .changedProject, subject: .project(id))
        case .setMembers(let id, let by, _, _):
            Audited(by: by, act: .changedMembers, subject: .project(id))
        case .setDeskBook(let id, let by, _):
            Audited(by: by, act: .changedDesk, subject: .project(id))
        case .setModeration(let id, let by, _):
            Audited(by: by, act: .changedModeration, subject: .project(id))
        case .pointWebhook(let id, let point):
            Audited(by: point.by, act: .changedWebhook, subject: .project(id))
        case .createPool(let by, _, _):
            Audited(by: by, act: .createdPool, subject: .pool(nil))
        case .updatePool(let id, let by, _):
            Audited(by: by, act: .changedPool, subject: .pool(id))
        case .removePool(let id, let by):
            Audited(by: by, act: .removedPool, subject: .pool(id))
        case .createLink(let by, _), .makeLink(let by, _, _):
            Audited(by: by, act: .createdLink, subject: .link(nil))
        case .updateLink(let id, let by, _), .editLink(let id, let by, _, _, _):
            Audited(by: by, act: .changedLink, subject: .link(id))
        case .createToken(let by, _, _, _, _, _):
            Audited(by: by, act: .createdToken, subject: .token(nil))
        case .revokeToken(let id, let by):
            Audited(by: by, act: .revokedToken, subject: .token(id))
        case .createHook(let by, _, _, _):
            Audited(by: by, act: .createdHook, subject: .hook(nil))
        case .updateHook(let id, let by, _, _):
            Audited(by: by, act: .changedHook, subject: .hook(id))
        case .removeHook(let id, let by):
            Audited(by: by, act: .removedHook, subject: .hook(id))
        case .eraseCustomer(_, _, let by):
            Audited(by: by, act: .erasedCustomer, subject: .erasure(nil))
        case .raiseLevel: Audited(by: nil, act: .raisedLevel, subject: .cluster)
        case .through(_, let command), .ifUnchanged(_, let command): command.audited
        case .advance, .signIn, .signOut, .update, .clicks, .renewLeases, .closeConnections,
            .setAway, .reply, .claim, .transfer, .giveBack, .takeOver, .bar, .resolveHours,
            .complete, .reopen, .beginEpoch, .startSending, .finishSending, .resend, .addNote,
            .addRemark, .setTags, .tellURL, .moderatedReply, .refuseReply, .pingHook,
            .passOverDelivery, .finishDeliveries, .moveSignIn, .eraseSession, .finishErasure,
            .forgetClicks, .tellErased, .formattedReply, .answer, .revise, .reviseQueued,
            .replyWithFile, .forgetFiles:
            nil
        }
    }

    /// The command as an API token's holder gives it: the audit log names the token.
    public func given(by token: APITokenID?) -> Command {
        guard let token, mayGoThrough else { return self }
        return .through(token, self)
    }

    /// Whether a token's holder may give it inside another command. A raise of the level is for
    /// operators, and every release must see it as what it is.
    var mayGoThrough: Bool {
        switch self {
        case .raiseLevel, .through: false
        default: audited != nil
        }
    }
}

extension RoutingState {
    /// Does a command, and writes a line into the audit log if the configuration is otherwise
    /// since. The only place that does.
    mutating func performAudited(_ command: Command) -> Outcome {
        guard level >= .second, let audited = command.audited else { return perform(command) }
        let before = facts(of: audited.subject)
        var project = self.project(of: audited.subject)
        let outcome = perform(command)
        guard case .done(let id) = outcome else { return outcome }
        noteChange(by: command)
        let subject = audited.subject.made(id)
        let changes = AuditLine.changes(from: before, to: facts(of: subject))
        guard !changes.isEmpty else { return outcome }
        project = project ?? self.project(of: subject)
        var token: APITokenID?
        if case .through(let id, _) = command { token = id }
        let line = AuditLine(
            at: now.time, actor: audited.by, token: token, act: audited.act,
            subject: subject.number, project: project,
            changes: Array(changes.prefix(AuditLine.Limits.changes)),
            more: UInt32(max(0, changes.count - AuditLine.Limits.changes)))
        draft.applied.write(.audit, now.index, as: line.encoded())
        let mark = AuditTrail.Mark(
            index: now.index, at: now.time, actor: audited.by, project: project)
        for old in trail.add(mark) { draft.applied.write(.audit, old, as: nil) }
        return outcome
    }

    private func project(of subject: AuditSubject) -> ProjectID? {
        switch subject {
        case .project(let id): id
        case .pool(let id): id.flatMap { pool($0) }?.project
        case .link(let id): id.flatMap { link($0) }?.settings.project
        case .hook(let id): id.flatMap { hook($0) }?.project
        case .erasure(let id): id.flatMap { erasure($0) }?.project
        case .agent, .token, .cluster: nil
        }
    }
}

extension AuditLine {
    /// Which facts are otherwise, in the order of the new ones, then those that are gone.
    static func changes(from before: [AuditFact], to after: [AuditFact]) -> [Change] {
        var old: [Text: AuditFact] = [:]
        for fact in before { old[fact.field] = fact }
        var changes: [Change] = []
        for fact in after {
            let was = old.removeValue(forKey: fact.field)
            if was?.value != fact.value { changes.append(Change(from: was, to: fact)) }
        }
        for fact in before where old[fact.field] != nil {
            changes.append(Change(from: fact, to: nil))
        }
        return changes
    }
}

extension AuditLine.Change {
    /// A fact that was one thing and is another.
    fileprivate init(from before: AuditFact?, to after: AuditFact?) {
        let fact = after ?? before!
        func shown(_ fact: AuditFact?) -> Text {
            guard let fact, !fact.isSecret else { return "" }
            return fact.value.prefix(bytes: AuditLine.Limits.value)
        }
        self.init(
            field: fact.field, before: shown(before), after: shown(after), isSecret: fact.isSecret)
    }
}
