import Routing
import Wire

/// What managers of a simulated desk do to its rules. Before the level that knows them the cluster
/// refuses it, and nothing enters the log.
extension Workload {
    private static let tags: [Text] = ["lang:de", "lang:en", "billing"]

    /// A pool comes, changes or goes, or the link names another.
    func configure(_ project: ProjectID) throws {
        guard let view, let link, let settings = view.state.link(link)?.settings else { return }
        let pools = view.state.pools(of: project)
        let rule = MemberRule(agents: [somebody], tags: [cluster.chance.pick(Self.tags)])
        let pool = PoolSettings(
            name: Text("pool\(cluster.chance.number(1...3))"), only: rule,
            untilMilliseconds: cluster.chance.pick([nil, 0, 2_000]))
        switch cluster.chance.number(0...4) {
        case 0: try submit(.createPool(by: agents[0], project, pool))
        case 1:
            guard let known = pools.last else { return }
            let update = Command.updatePool(known.id, by: agents[0], pool)
            let seen = view.state.version(of: Setting(.pool, of: known.id))
            try submit(seen.map { .ifUnchanged(since: $0, update) } ?? update)
        case 2:
            guard let known = pools.first, pools.count > 2 else { return }
            try submit(.removePool(known.id, by: agents[0]))
        default:
            var settings = settings
            settings.pool = pools.isEmpty ? nil : cluster.chance.pick(pools).id
            if cluster.chance.happens(permille: 300) { settings.pool = nil }
            settings.prefer = settings.pool == nil ? rule : MemberRule()
            settings.language = cluster.chance.pick(["", "de"])
            try submit(.updateLink(link, by: agents[0], settings))
        }
    }

    private static let hours = Hours(
        zone: "Europe/Vienna", week: [.init(day: 1, from: 540, to: 1_020)], outside: .hold)

    /// The timers, the hours, or a customer who is barred. A flood limit would drop messages, which
    /// the final check counts.
    func setRules(_ project: ProjectID) throws {
        guard let view, var settings = view.state.project(project)?.settings else { return }
        switch cluster.chance.number(0...3) {
        case 0:
            let spans: [Int64?] = [nil, 1_000, 4_000]
            settings.timers.firstReplyMilliseconds = cluster.chance.pick(spans)
            settings.timers.goneMilliseconds = cluster.chance.pick(spans)
            settings.timers.completeMilliseconds = cluster.chance.pick(spans)
            try submit(.updateProject(project, by: agents[0], settings))
        case 1:
            settings.hours = cluster.chance.happens(permille: 500) ? Self.hours : nil
            try submit(.updateProject(project, by: agents[0], settings))
        case 2:
            guard let latest = view.state.sessions(in: project, limit: 1).first,
                let opened = view.state.session(latest)?.openedAt
            else { return }
            let closing = opened.adding(milliseconds: 5_000)
            try submit(
                .resolveHours(
                    project, Self.hours,
                    OpenTimes(
                        spans: [.init(from: opened, to: closing)],
                        end: closing.adding(milliseconds: 3_000))))
        default:
            let user = user
            let isBarred = cluster.chance.happens(permille: 400)
            // Who bars has seen the session, who lets in again looks at none.
            let seen = view.state.latestSession(project: project, user: user)
                .flatMap { isBarred ? view.state.session($0)?.version : nil }
            try submit(.bar(user, of: project, by: agents[0], isBarred, version: seen))
        }
    }

    /// A manager takes somebody's session over.
    func takeOver() throws {
        guard let (session, _) = owned() else { return }
        try submit(.takeOver(session.id, by: somebody, version: session.version))
    }

    /// Another order of the list, at times with tags.
    func changeRoster(_ project: ProjectID) throws {
        var order = agents
        order.shuffle(using: &cluster.chance)
        let isTagged = cluster.chance.happens(permille: 500)
        let members = order.map { agent in
            Member(
                agent: agent, permissions: .all,
                tags: isTagged
                    ? Self.tags.filter { _ in cluster.chance.happens(permille: 400) } : [])
        }
        let successor = cluster.chance.happens(permille: 200) ? order.first : nil
        try submit(.setMembers(project, by: agents[0], members, handOver: successor))
    }
}
