import Routing
import Storage

/// Reads everything that is kept of a project's customer, in steps on the query thread, so that
/// consoles get their turn between them.
final class CustomerScan: @unchecked Sendable {
    // One thread has it at a time: the loop hands it to the query thread and takes it back.

    /// Bounds of one step, and of the whole.
    enum Limits {
        /// Rows read in one step; a page of a history is read whole.
        static let rows = 1000
        /// Items of the histories together.
        static let items = 100_000
    }

    /// A session with all that happened in it.
    struct Found {
        var session: Session
        var items: [HistoryItem] = []
        /// The clicks that led to it and are known here.
        var clicks: [ClickKey: Click] = [:]
    }

    /// What was found, oldest first.
    private(set) var sessions: [Found] = []
    /// Whether no bound was met.
    private(set) var isWhole = true
    private let project: ProjectID
    private let user: TelegramID
    private var lastSession: Int64? = 0
    private var itemCount = 0
    private var place = 0
    private var next: Int64 = 0

    init(_ user: TelegramID, of project: ProjectID) {
        self.user = user
        self.project = project
    }

    /// Reads on; false when everything was read.
    func step(_ reader: StateReader) throws(StorageError) -> Bool {
        if let lastSession {
            try findSessions(after: lastSession, reader)
            return true
        }
        guard place < sessions.count else { return false }
        try takeItems(reader)
        return true
    }

    private func findSessions(after: Int64, _ reader: StateReader) throws(StorageError) {
        let rows = try reader.scan(.session, after: (after, 0), limit: Limits.rows)
        for row in rows {
            // The row's checksum held: what can't be read is of a release that is newer.
            guard let session = try? Session(SessionID(row.major), row: row.value),
                session.project == project, session.user == user
            else { continue }
            sessions.append(Found(session: session))
        }
        lastSession = rows.count < Limits.rows ? nil : rows.last?.major
    }

    private func takeItems(_ reader: StateReader) throws(StorageError) {
        let id = sessions[place].session.id
        let page = try reader.rows(
            .history, major: id.rawValue, minorIn: next ... .max, limit: Limits.rows)
        for row in page {
            guard let item = try? HistoryItem(value: row.value) else { continue }
            sessions[place].items.append(item)
        }
        itemCount += page.count
        next = (page.last?.minor ?? next) + 1
        if itemCount >= Limits.items { isWhole = false }
        guard page.count < Limits.rows || !isWhole else { return }
        for touch in sessions[place].session.touches where touch.via == .own {
            let key = touch.key
            let row = try reader.row(
                .click, major: Int64(bitPattern: key.epoch), minor: Int64(bitPattern: key.sequence))
            if let row, let click = try? Click(value: row) {
                sessions[place].clicks[key] = click
            }
        }
        next = 0
        place = isWhole ? place + 1 : sessions.count
    }
}
