import Routing
import Storage
import Transport
import Wire

/// The leader's part of forgetting: reads what is on disk of customers who are erased and of clicks
/// that are too old, and puts what may stay of it into the log. Whether it may is decided where it
/// is applied. Whatever fails, and a new leader, begins again: everything may be done twice.
/// Loop's thread only.
final class Forgetting: @unchecked Sendable {  // other threads only carry it to `loop.post`
    /// Bounds of the work.
    enum Limits {
        /// How often it looks whether there is something to do.
        static let look: Duration = .seconds(1)
        /// Pause after a failure.
        static let retry: Duration = .seconds(5)
        /// Rows read in one step on the query thread.
        static let rows = 1000
        /// Items of a history in one entry,
        static let items = 100
        /// and bytes, a last item's surplus aside.
        static let bytes = 64 << 10
        /// Clicks in one entry.
        static let clicks = 250
        /// How long after taking office it looks through all clicks, at most; in nanoseconds.
        static let sweepAfter: Int64 = 60_000_000_000
    }

    private unowned let node: Node
    private var office: UInt64?
    private var sweepAt: Int64 = 0
    /// How long after all clicks were looked through it begins again, in nanoseconds.
    private let sweepEvery: Int64

    init(node: Node) {
        self.node = node
        sweepEvery = Int64(node.configuration.limits.clickSweepSeconds) * 1_000_000_000
    }

    /// Begins to look.
    func start() { look(after: Limits.look) }

    private func look(after pause: Duration) {
        _ = node.loop.schedule(after: pause) { [weak self] in
            guard let self, !node.isStopping else { return }
            look()
        }
    }

    private func look() {
        guard let epoch = node.officeEpoch, node.state.level >= .second else {
            office = nil
            return look(after: Limits.look)
        }
        if office != epoch {
            (office, sweepAt) = (epoch, node.loop.now + min(Limits.sweepAfter, sweepEvery))
        }
        if let erasure = node.state.erasureUnderWay { return findSessions(erasure, after: 0, []) }
        let keepsAll = node.state.projects.allSatisfy { $0.settings.clickRetentionDays == 0 }
        if !keepsAll, node.loop.now >= sweepAt { return sweep(after: nil) }
        look(after: Limits.look)
    }

    // MARK: Reading and writing

    /// Puts a command into the log and goes on when it is done.
    private func put(_ command: Command, then next: @escaping () -> Void) {
        node.submit(command) { [weak self] answer in
            guard let self, !node.isStopping else { return }
            guard case .applied(_, .done) = answer else { return fail("\(answer)") }
            next()
        }
    }

    /// Reads state.db on the query thread, once it holds everything applied so far.
    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (StateReader) throws(StorageError) -> Value,
        then next: @escaping (Value) -> Void
    ) {
        let index = node.appliedIndex
        let ticket = LoopBound(next, loop: node.loop)
        node.stores.state.flush(through: index) { [loop = node.loop, weak self] _ in
            let forgetting = self
            loop.post {
                let next = ticket.take()
                guard let forgetting, !forgetting.node.isStopping else { return }
                // On a full disk it does not wait: what is missing must not be passed over.
                guard forgetting.node.stores.state.writtenIndex >= index else {
                    return forgetting.fail("rows wait to be written")
                }
                forgetting.query(body, next)
            }
        }
    }

    private func query<Value: Sendable>(
        _ body: @escaping @Sendable (StateReader) throws(StorageError) -> Value,
        _ next: @escaping (Value) -> Void
    ) {
        let reader = node.stores.reader
        let started = node.workers.queries.submit(on: node.loop) {
            () -> Result<Value, StorageError> in
            do throws(StorageError) { return .success(try body(reader)) } catch {
                return .failure(error)
            }
        } completion: { [weak self] result in
            guard let self, !node.isStopping else { return }
            switch result {
            case .success(let value): next(value)
            case .failure(let error): fail(error.description)
            }
        }
        if !started { fail("too much is read at once") }
    }

    private func fail(_ why: String) {
        node.log.warning("erasing is put off", ["reason": .text(why)])
        look(after: Limits.retry)
    }

    // MARK: Customers

    /// The sessions of who is erased, through the whole table: they are in no index.
    private func findSessions(_ erasure: Erasure, after: Int64, _ found: [SessionID]) {
        guard let user = erasure.user else { return look(after: Limits.look) }
        let (project, pseudonym, end) = (erasure.project, erasure.pseudonym, erasure.id.rawValue)
        read { reader throws(StorageError) in
            let rows = try reader.scan(.session, after: (after, 0), limit: Limits.rows)
            let ids = rows.compactMap { row -> SessionID? in
                // The row's checksum held: what can't be read is of a release that is newer.
                guard row.major < end,
                    let session = try? Session(SessionID(row.major), row: row.value),
                    session.project == project, session.user == user || session.user == pseudonym
                else { return nil }
                return session.id
            }
            let isLast = rows.count < Limits.rows || (rows.last?.major ?? end) >= end
            return (ids, isLast ? nil : rows.last?.major)
        } then: { [self] (ids: [SessionID], last: Int64?) in
            guard let last else { return eraseNext(erasure, (found + ids)[...]) }
            findSessions(erasure, after: last, found + ids)
        }
    }

    private func eraseNext(_ erasure: Erasure, _ sessions: ArraySlice<SessionID>) {
        guard let session = sessions.first else {
            return put(.finishErasure(erasure.id)) { [self] in
                node.log.info("a customer was erased", ["erasure": .count(erasure.id.rawValue)])
                look(after: Limits.look)
            }
        }
        erase(erasure, session, from: 0) { [self] in
            forgetClicks(of: session) { [self] in eraseNext(erasure, sessions.dropFirst()) }
        }
    }

    /// A session's history, from an item on.
    private func erase(
        _ erasure: Erasure, _ session: SessionID, from: Int64, then next: @escaping () -> Void
    ) {
        read { reader throws(StorageError) in
            let rows = try reader.rows(
                .history, major: session.rawValue, minorIn: from ... .max, limit: Limits.items)
            var items: [HistoryItem] = []
            var bytes = 0
            for row in rows {
                guard bytes < Limits.bytes, row.minor == from + Int64(items.count),
                    let item = try? HistoryItem(value: row.value)
                else { break }
                items.append(item.withoutWords)
                bytes += row.value.count
            }
            return items
        } then: { [self] items in
            let count = node.state.session(session)?.historyCount ?? 0
            guard !items.isEmpty || from >= count else {
                return fail("item \(from) of session \(session) does not read")
            }
            put(.eraseSession(erasure.id, session, from: from, items)) { [self] in
                let end = from + Int64(items.count)
                if end >= count { return next() }
                erase(erasure, session, from: end, then: next)
            }
        }
    }

    /// The clicks that led to a session.
    private func forgetClicks(of session: SessionID, then next: @escaping () -> Void) {
        let touches = node.state.session(session)?.touches ?? []
        let keys = touches.filter { $0.via == .own }.map(\.key)
        guard !keys.isEmpty else { return next() }
        read { reader throws(StorageError) in
            var clicks: [Click] = []
            for key in keys {
                let row = try reader.row(
                    .click, major: Int64(bitPattern: key.epoch),
                    minor: Int64(bitPattern: key.sequence))
                if let row, let click = try? Click(value: row) { clicks.append(click) }
            }
            return clicks.map(\.withoutVisitor)
        } then: { [self] clicks in
            if clicks.isEmpty { next() } else { put(.forgetClicks(clicks), then: next) }
        }
    }

    // MARK: Clicks

    /// Looks through all clicks for those that are too old, some rows at a time.
    private func sweep(after: (major: Int64, minor: Int64)?) {
        let now = node.logTime
        let since = node.state.projects.compactMap { $0.settings.clicksKeptSince(at: now) }.max()
        guard let since else { return swept() }
        read { reader throws(StorageError) in
            let rows = try reader.scan(.click, after: after, limit: Limits.rows)
            let old = rows.compactMap { try? Click(value: $0.value) }.filter { $0.at < since }
            let next = rows.count < Limits.rows ? nil : rows.last.map { ($0.major, $0.minor) }
            return (old, next)
        } then: { [self] (old: [Click], next: (Int64, Int64)?) in
            let due = old.filter { click in
                guard let kept = node.state.clicksKeptSince(on: click.link, at: now),
                    click.at < kept
                else { return false }
                // What led to a session and says nothing of its visitor stays.
                let stays = node.state.session(startedBy: click.key) != nil
                return !(stays && click == click.withoutVisitor)
            }
            drop(due.map(\.withoutVisitor)[...], next)
        }
    }

    private func drop(_ clicks: ArraySlice<Click>, _ next: (Int64, Int64)?) {
        guard !clicks.isEmpty else {
            guard let next else { return swept() }
            return sweep(after: (major: next.0, minor: next.1))
        }
        put(.forgetClicks(Array(clicks.prefix(Limits.clicks)))) { [self] in
            drop(clicks.dropFirst(Limits.clicks), next)
        }
    }

    private func swept() {
        sweepAt = node.loop.now + sweepEvery
        look(after: Limits.look)
    }
}
