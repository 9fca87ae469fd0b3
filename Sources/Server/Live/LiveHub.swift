import HTTP
import Raft
import Replica
import Routing
import Transport
import Wire

/// The consoles connected to this node: tells them what changed, and the cluster that they are
/// there. Loop's thread only.
///
/// Each console hears of the sessions that its agent may see, as views made at this moment; a
/// session that went out of sight is told as gone. A console that comes back with the last index it
/// saw is told what changed since, if this node still remembers; otherwise to read anew.
final class LiveHub {
    /// Bounds of what is remembered and how often leases are renewed.
    enum Limits {
        /// Changes remembered for consoles that come back.
        static let remembered = 20_000
        /// How often all leases are renewed, in one entry.
        static let renewal: Duration = .seconds(10)
        /// The shortest time between two tellings, in nanoseconds: a flood is told in batches.
        static let pace: Int64 = 50_000_000
        /// Sessions told at once; past it consoles are told to read anew.
        static let changes = 200
        /// The shortest time between two such orders to one console, in nanoseconds.
        static let readAnewPause: Int64 = 1_000_000_000
        /// Sessions that a console is known to show; past it the console is told to read anew.
        static let shown = 5_000
    }

    /// One connected console.
    final class Console {
        let number: UInt64
        let caller: Caller
        let socket: ConsoleSocket
        var isVisible = true
        var mayNotify = false
        var shownIndex: UInt64 = 0
        /// Sessions told and not told gone since.
        var shown: Set<SessionID> = []
        /// Too much was unread: nothing more until it is, then "refresh".
        var isBehind = false
        /// More changed than could be told.
        var mustReadAnew = false
        var readAnewAt: Int64 = .min / 2

        init(number: UInt64, caller: Caller, socket: ConsoleSocket) {
            self.number = number
            self.caller = caller
            self.socket = socket
        }
    }

    private unowned let node: Node
    private var consoles: [UInt64: Console] = [:]
    private var nextNumber: UInt64 = 1
    private var recent: [(index: LogIndex, event: Event)] = []
    private var rememberedFrom: LogIndex = .zero
    private var sights = SightWatch()
    private var changes = Changes()
    private var telling: LoopTimer?
    private var toldAt: Int64 = 0

    init(node: Node) { self.node = node }

    /// Whether anybody has been connected, so that changes are worth remembering.
    var isWatched: Bool { nextNumber > 1 }
    /// Connected consoles.
    var count: Int { consoles.count }

    /// Begins to renew leases.
    func start() {
        _ = node.loop.schedule(after: Limits.renewal) { [weak self] in
            self?.renewAll()
            self?.start()
        }
    }

    // MARK: Connections

    /// Takes over the connection of an upgraded request.
    func open(_ connection: Transport.Connection, first: [UInt8], caller: Caller, after: LogIndex?)
    {
        let socket = ConsoleSocket(connection, first: first)
        connection.maxPendingWriteBytes = node.configuration.limits.consoleQueueBytes * 2
        let console = Console(number: nextNumber, caller: caller, socket: socket)
        if nextNumber == 1 { rememberedFrom = node.appliedIndex }
        nextNumber += 1
        consoles[console.number] = console
        socket.onMessage = { [weak self, unowned console] text in self?.took(text, from: console) }
        socket.onDrained = { [weak self, unowned console] in self?.drained(console) }
        socket.onClosed = { [weak self] in self?.closed(console) }
        send(
            LiveMessage.hello(index: node.appliedIndex, node: node.configuration.node), to: console)
        if let after, after < node.appliedIndex { catchUp(console, after: after) }
        renew([console])
    }

    /// Closes every console's connection, for a node that gives way; they come back by themselves.
    func closeAll() {
        for number in consoles.keys.sorted() {
            consoles[number]?.socket.close(code: 1012, reason: "this node starts anew")
        }
    }

    private func closed(_ console: Console) {
        console.socket.onClosed = nil
        consoles[console.number] = nil
        node.submit(
            .closeConnections(
                node: node.configuration.node.rawValue, incarnation: node.incarnation,
                [console.number])
        ) { _ in
            // Without a leader the lease ends by itself.
        }
    }

    /// Tells what changed after an index, or that too much has been forgotten.
    private func catchUp(_ console: Console, after index: LogIndex) {
        guard index >= rememberedFrom else {
            return send(LiveMessage.refresh, to: console)
        }
        var told: Set<SessionID> = []
        var left: [SessionID: Set<SightWatch.Audience>] = [:]
        for each in sights.departures(after: index) {
            left[each.session, default: []].insert(each.from)
        }
        for (at, event) in recent where at > index {
            switch event {
            case .sessionChanged(let id), .historyAdded(let id, _):
                if told.insert(id).inserted { tell(id, to: console, left: left[id] ?? []) }
            case .agentChanged(let id): tell(id, to: console)
            case .projectChanged, .linkChanged, .outboxQueued, .outboxChanged, .signedOut,
                .hookChanged:
                break
            }
        }
    }

    private func took(_ text: [UInt8], from console: Console) {
        guard let json = try? JSONValue.parse(text) else { return }
        switch json["type"]?.string {
        case "page":
            let wasVisible = console.isVisible
            console.isVisible = json["visible"]?.bool ?? console.isVisible
            console.mayNotify = json["notifications"]?.string == "granted"
            if let shown = json["shown"]?.string.flatMap({ UInt64($0) }) {
                console.shownIndex = shown
            }
            // The index shown may wait for the next renewal; visibility decides who is given work.
            if wasVisible != console.isVisible { renew([console]) }
        case "away":
            guard let away = json["away"]?.bool else { return }
            node.submit(.setAway(console.caller.agent, away)) { _ in
                // The page sees the agent's presence change, or does not and shows the old one.
            }
        default: break
        }
    }

    // MARK: Leases

    private func renewAll() {
        let ended = consoles.values.filter { console in
            guard let signIn = node.state.signIn(tokenHash: console.caller.tokenHash) else {
                return true
            }
            return signIn.expires <= node.logTime
        }
        for console in ended { endSignIn(console) }
        renew(consoles.keys.sorted().compactMap { consoles[$0] })
    }

    private func renew(_ list: [Console]) {
        guard !list.isEmpty else { return }
        let leases = list.map { console in
            Lease(
                connection: console.number, agent: console.caller.agent,
                isVisible: console.isVisible, mayNotify: console.mayNotify,
                shownIndex: console.shownIndex)
        }
        node.submit(
            .renewLeases(
                node: node.configuration.node.rawValue, incarnation: node.incarnation, leases)
        ) { _ in
            // Without a leader nothing expires either; the next renewal comes in ten seconds.
        }
    }

    private func endSignIns(_ hash: [UInt8]) {
        for console in consoles.values where console.caller.tokenHash == hash {
            endSignIn(console)
        }
    }

    private func endSignIn(_ console: Console) {
        send(LiveMessage.signedOut, to: console)
        console.socket.close(code: 4401, reason: "signed out")
    }

    // MARK: Changes

    /// Takes note of what these effects changed. Consoles are told after `Limits.pace` at the
    /// latest, each session once however often it changed.
    func applied(_ effects: Replica.Effects) {
        recent += effects.events
        if recent.count > Limits.remembered {
            let cut = recent.count - Limits.remembered / 2
            rememberedFrom = recent[cut - 1].index
            recent.removeFirst(cut)
            sights.forget(through: rememberedFrom)
        }
        let left = sights.look(at: effects.events, in: node.state)
        guard !consoles.isEmpty else { return }
        if changes.isTooMuch {
            // The consoles will read anew; only the end of a sign-in can't wait.
            for case (_, .signedOut(_, let hash)) in effects.events { endSignIns(hash) }
            return
        }
        for (_, event) in effects.events {
            switch event {
            case .sessionChanged(let id): changes.sessions.insert(id)
            case .historyAdded(let id, let ordinal):
                changes.added[ItemKey(session: id, ordinal: ordinal)] = []
            case .agentChanged(let id): changes.agents.insert(id)
            case .signedOut(_, let hash): endSignIns(hash)
            case .outboxChanged(let id): changes.outbox.insert(id)
            case .projectChanged, .linkChanged, .outboxQueued, .hookChanged: break
            }
        }
        if changes.sessions.count > Limits.changes || changes.added.count > Limits.changes
            || changes.outbox.count > Limits.changes
        {
            changes.forgetAll()
        } else if !changes.added.isEmpty {
            for row in effects.rows where row.table == .history {
                let key = ItemKey(session: SessionID(row.major), ordinal: row.minor)
                if changes.added[key] != nil { changes.added[key] = row.value ?? [] }
            }
            for row in effects.rows where row.table == .note {
                changes.notes[row.minor] = row.value
            }
        }
        if !changes.isTooMuch {
            for each in left { changes.left[each.session, default: []].insert(each.from) }
        }
        scheduleTelling()
    }

    private func scheduleTelling() {
        guard telling == nil, !changes.isEmpty else { return }
        let pause = max(0, toldAt + Limits.pace - node.loop.now)
        telling = node.loop.schedule(after: .nanoseconds(pause)) { [weak self] in
            self?.telling = nil
            self?.tellChanges()
        }
    }

    private func tellChanges() {
        toldAt = node.loop.now
        let told = changes
        changes = Changes()
        let sessions = told.sessions.sorted()
        let agents = told.agents.sorted()
        let items = told.added.keys.sorted()
        // Messages whose item is not told anyway: no row says that they are being sent.
        let moved = told.outbox.sorted().compactMap { node.state.outbox($0) }.filter {
            told.added[ItemKey(session: $0.session, ordinal: $0.ordinal)] == nil
        }
        for number in consoles.keys.sorted() {
            guard let console = consoles[number] else { continue }
            if told.isTooMuch { console.mustReadAnew = true }
            for id in agents { tell(id, to: console) }
            if console.mustReadAnew {
                tellToReadAnew(console)
                continue
            }
            for id in sessions { tell(id, to: console, left: told.left[id] ?? []) }
            for key in items where node.state.canSee(console.caller.agent, key.session) {
                guard let row = told.added[key], let item = try? HistoryItem(value: row) else {
                    continue
                }
                var view = node.state.view(item, ordinal: key.ordinal)
                if case .noted(by: console.caller.agent) = item.what {
                    view.text = told.note(at: item.index, by: console.caller.agent)
                }
                send(
                    LiveMessage.item(view, of: key.session, index: node.appliedIndex), to: console)
            }
            for message in moved where node.state.canSee(console.caller.agent, message.session) {
                let view = node.state.view(message.historyItem, ordinal: message.ordinal)
                send(
                    LiveMessage.item(view, of: message.session, index: node.appliedIndex),
                    to: console)
            }
        }
    }

    /// Tells a console to read its lists anew, but not again and again while the flood lasts.
    private func tellToReadAnew(_ console: Console) {
        let wait = console.readAnewAt + Limits.readAnewPause - node.loop.now
        guard wait <= 0 else {
            _ = node.loop.schedule(after: .nanoseconds(wait)) { [weak self, weak console] in
                guard let self, let console, console.mustReadAnew else { return }
                tellToReadAnew(console)
            }
            return
        }
        console.mustReadAnew = false
        console.readAnewAt = node.loop.now
        send(LiveMessage.refresh, to: console)
    }

    /// One item of one session's history.
    private struct ItemKey: Hashable, Comparable {
        var session: SessionID
        var ordinal: Int64
        static func < (a: ItemKey, b: ItemKey) -> Bool {
            (a.session, a.ordinal) < (b.session, b.ordinal)
        }
    }

    /// What changed since the consoles were told last.
    private struct Changes {
        var sessions: Set<SessionID> = []
        /// Whose they were, of those that are no more for whom they were.
        var left: [SessionID: Set<SightWatch.Audience>] = [:]
        /// The rows of history items; empty until seen.
        var added: [ItemKey: [UInt8]] = [:]
        /// The rows of private notes, by log index.
        var notes: [Int64: [UInt8]] = [:]
        var agents: Set<AgentID> = []
        /// Messages to customers that are being sent, or wait anew.
        var outbox: Set<OutboxID> = []
        /// So much changed that reading anew is cheaper than being told.
        var isTooMuch = false

        var isEmpty: Bool {
            sessions.isEmpty && added.isEmpty && agents.isEmpty && outbox.isEmpty && !isTooMuch
        }
        /// The text of a note, for its author.
        func note(at index: Int64, by author: AgentID) -> String? {
            notes[index].flatMap {
                try? PrivateNote(author: author, index: index, value: $0).text.string
            }
        }
        mutating func forgetAll() {
            notes.removeAll(keepingCapacity: true)
            sessions.removeAll(keepingCapacity: true)
            left.removeAll(keepingCapacity: true)
            added.removeAll(keepingCapacity: true)
            outbox.removeAll(keepingCapacity: true)
            isTooMuch = true
        }
    }

    /// Tells a session as it is. One that went out of sight is told gone to whoever may have it on
    /// the page: it was told here, or it was theirs, or it waited, where a list showed it to all
    /// who may answer.
    private func tell(
        _ id: SessionID, to console: Console, left: Set<SightWatch.Audience>
    ) {
        guard let session = node.state.session(id) else { return }
        if node.state.canSee(console.caller.agent, id) {
            if console.shown.count < Limits.shown { console.shown.insert(id) }
            let view = node.state.view(session, for: console.caller.agent, at: node.logTime)
            send(LiveMessage.session(view, index: node.appliedIndex), to: console)
        } else if console.shown.remove(id) != nil || session.lastOwner == console.caller.agent
            || isAmong(left, console.caller.agent, session.project)
        {
            send(LiveMessage.gone(id, index: node.appliedIndex), to: console)
        }
    }

    private func isAmong(
        _ audiences: Set<SightWatch.Audience>, _ agent: AgentID, _ project: ProjectID
    ) -> Bool {
        audiences.contains(where: { $0.has(agent) })
            && node.state.permissions(of: agent, in: project).contains(.reply)
    }

    private func tell(_ id: AgentID, to console: Console) {
        let shares = node.state.projects.contains { project in
            project.member(id) != nil
                && !node.state.permissions(of: console.caller.agent, in: project.id).isEmpty
        }
        guard shares || id == console.caller.agent else { return }
        let view = node.state.summary(id, in: nil, at: node.logTime)
        let isAway = node.state.agent(id)?.isAway ?? false
        send(LiveMessage.agent(view, isAway: isAway), to: console)
    }

    private func send(_ message: [UInt8], to console: Console) {
        guard !console.isBehind else { return }
        guard console.socket.pendingBytes <= node.configuration.limits.consoleQueueBytes else {
            console.isBehind = true
            node.metrics.count(.consolesDropped)
            return
        }
        node.metrics.count(.consoleFramesSent)
        console.socket.send(message)
    }

    private func drained(_ console: Console) {
        guard console.isBehind else { return }
        console.isBehind = false
        send(LiveMessage.refresh, to: console)
    }
}
