import Routing
import Wire

/// The routing state as the API shows it to one agent.
extension RoutingState {
    /// An agent by id and name; agents are never deleted, so the name is always there.
    func named(_ id: AgentID) -> API.Named {
        API.Named(id: "\(id)", name: agent(id)?.name.string ?? "agent \(id)")
    }

    /// A pool by id and name.
    func named(_ id: PoolID) -> API.Named {
        API.Named(id: "\(id)", name: pool(id)?.settings.name.string ?? "pool \(id)")
    }

    /// An agent as others see it in a project.
    func summary(_ id: AgentID, in project: ProjectID?, at time: LogTime) -> API.AgentSummary {
        let presence =
            project.map { self.presence(of: id, in: $0, at: time) }
            ?? self.presence(of: id, at: time)
        return API.AgentSummary(
            id: "\(id)", name: agent(id)?.name.string ?? "agent \(id)", presence: presence.word)
    }

    /// What If-Match takes for a setting, without its quotes; nil: nothing before level 2.
    func etag(of setting: Setting) -> String? { version(of: setting).map { "\($0)" } }

    /// An agent as administrators see it.
    func detail(_ agent: Agent, at time: LogTime) -> API.AgentDetail {
        API.AgentDetail(
            id: "\(agent.id)", login: agent.login.string, name: agent.name.string,
            isAdmin: agent.isAdmin, isActive: agent.isActive, away: agent.isAway,
            presence: presence(of: agent.id, at: time).word,
            openSessions: openCount(of: agent.id), openLimit: Int(agent.openLimit),
            newPerMinute: Int(agent.newPerMinute),
            onlineSeconds: level < .second ? nil : agent.onlineMilliseconds(at: time) / 1000,
            etag: etag(of: Setting(.agent, of: agent.id)))
    }

    /// Who is signed in, and the projects that they see.
    func me(_ id: AgentID, node: String, nodes: [String], index: String, at time: LogTime)
        -> API.Me?
    {
        guard let agent = agent(id) else { return nil }
        let own = projects.filter { !permissions(of: id, in: $0.id).isEmpty }
        return API.Me(
            agent: API.Me.Own(
                id: "\(id)", login: agent.login.string, name: agent.name.string,
                isAdmin: agent.isAdmin, away: agent.isAway,
                presence: presence(of: id, at: time).word),
            projects: own.map { project in
                API.Me.OwnProject(
                    id: "\(project.id)", name: project.settings.name.string,
                    botUsername: project.settings.botUsername.string,
                    mode: project.settings.mode.word,
                    permissions: permissions(of: id, in: project.id).words,
                    members: project.members.map { summary($0.agent, in: project.id, at: time) },
                    tags: deskBook(of: project.id).tags.map(\.string))
            }, nodes: nodes, node: node, index: index)
    }

    /// A session as lists show it to an agent.
    func view(_ session: Session, for viewer: AgentID, at time: LogTime) -> API.Session {
        API.Session(
            id: "\(session.id)", project: "\(session.project)", state: session.state.word,
            version: Int64(clamping: session.version), owner: session.owner.map(named),
            customer: API.Customer(
                id: "\(session.user)", name: session.name.string,
                username: session.username.string, language: session.language.string,
                isBlocked: session.isBlocked, unreachable: session.unreachable?.word,
                isBarred: isBarred(session.user, of: session.project),
                firstSource: session.customersFirstTouch.map(source),
                lastSource: session.customersLastTouch.map(source)),
            source: session.touches.last.map(source),
            firstSource: session.firstTouch.map(source), openedAt: session.openedAt.text,
            waitingSince: session.waitingSince?.text,
            lastMessage: session.last.map { last in
                API.LastMessage(
                    text: last.text.string, kind: last.kind.string, at: last.at.text,
                    from: last.from == .customer ? "customer" : "agent")
            }, unread: Int(session.unread), canClaim: canClaim(viewer, session.id, at: time),
            isAlerted: session.isAlerted, pool: session.pool.map(named),
            spokenLanguage: session.spokenLanguage.string,
            tags: tags(of: session.id).map(\.string))
    }

    /// Where a customer came from.
    private func source(_ touch: Touch) -> API.Source {
        let status =
            switch touch.via {
            case .own: touch.isPending ? "pending" : "click"
            case .shared: "shared"
            case .foreignToken: "foreignToken"
            }
        return API.Source(
            link: "\(touch.link)", name: link(touch.link)?.settings.name.string ?? "",
            status: status)
    }

    /// A decision with every candidate's reasons in words.
    func view(_ decision: Decision, index: Int64, at time: LogTime) -> API.Decision {
        API.Decision(
            index: "\(index)", at: time.text, cause: decision.cause.word,
            mode: decision.mode.word, pool: decision.pool.map(named),
            tier: decision.tier.map { Int($0) }, chosen: decision.chosen.map(named),
            candidates: decision.candidates.map { view($0, chosen: decision.chosen) })
    }

    /// One member of a decision.
    func view(_ candidate: Candidate, chosen: AgentID?) -> API.Candidate {
        API.Candidate(
            agent: named(candidate.agent), reasons: candidate.reasonViews,
            chosen: candidate.agent == chosen)
    }

    /// Something that happened in a session.
    func view(_ item: HistoryItem, ordinal: Int64) -> API.Item {
        var view = API.Item(
            ordinal: "\(ordinal)", at: item.at.text, kind: "", from: "system",
            decision: item.decision.map { self.view($0, index: item.index, at: item.at) })
        switch item.what {
        case .inbound, .outbound, .revised, .rewritten, .edited, .callback:
            showMessage(item.what, in: &view)
        case .blocked(let isBlocked):
            view.kind = isBlocked ? "blocked" : "unblocked"
            view.from = "customer"
        case .unreachable(let why): (view.kind, view.text) = ("unreachable", why.word)
        case .assigned:
            view.kind = "assigned"
            view.to = item.decision?.chosen.map(named)
        case .transferred(_, let to, let by, let remark):
            view.kind = "transferred"
            view.agent = named(by)
            view.to = named(to)
            view.remark = remark.isEmpty ? nil : remark.string
        case .claimed(let agent, _): (view.kind, view.agent) = ("claimed", named(agent))
        case .rerouted(let agent, let why):
            (view.kind, view.agent) = ("rerouted", named(agent))
            view.text = why == .gone ? "gone" : "unanswered"
            view.to = item.decision?.chosen.map(named)
        case .alerted(let agent): (view.kind, view.agent) = ("alerted", named(agent))
        case .autoCompleted: view.kind = "autoCompleted"
        case .tookOver(let from, let by):
            (view.kind, view.agent) = ("tookOver", named(by))
            view.to = named(by)
            view.text = from.map { named($0).name }
        case .handedOver(let from, let to):
            (view.kind, view.agent) = ("handedOver", named(from))
            view.to = named(to)
        case .barred(let by, let isBarred):
            (view.kind, view.agent) = (isBarred ? "barred" : "unbarred", named(by))
        case .flooded:
            view.kind = "flooded"
            view.from = "customer"
        case .gaveBack(let agent): (view.kind, view.agent) = ("gaveBack", named(agent))
        case .requeued(let agent): (view.kind, view.agent) = ("requeued", named(agent))
        case .completed(let agent): (view.kind, view.agent) = ("completed", named(agent))
        case .reopened(let agent): (view.kind, view.agent) = ("reopened", named(agent))
        // The text is added for its author, where it is read.
        case .noted(let agent): (view.kind, view.agent) = ("noted", named(agent))
        case .remarked(let agent, let text):
            (view.kind, view.agent, view.text) = ("remarked", named(agent), text.string)
        case .tagged(let agent, let added, let removed):
            (view.kind, view.agent) = ("tagged", named(agent))
            (view.added, view.removed) = (added.map(\.string), removed.map(\.string))
        case .moderated(let agent, let verdict):
            (view.kind, view.agent) = ("moderated", agent.map(named))
            view.moderation = API.ModerationMark(verdict)
        }
        return view
    }
}
