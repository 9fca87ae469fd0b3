import Routing
import Storage
import Wire

/// Finding sessions by what was said in them and by what they are. Who asks finds what the lists
/// would show them, and nothing else.
extension Node {
    /// Bounds of the work of one request; what is left follows with the next page.
    enum SearchLimits {
        /// Texts looked at in one reading of search.db,
        static let hits = 500
        /// and how often it is read.
        static let readings = 8
        /// Sessions looked at, where no text is looked for.
        static let sessions = 2_000
        /// Longest text to look for, in bytes.
        static let textBytes = 200
    }

    func addSearchRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/search", &routes) { node, call throws(Problem) in
            try node.search(call)
        }
        api(.post, "/api/v1/search/rebuild", &routes) { node, call throws(Problem) in
            guard call.caller.isAdmin else { throw .forbidden }
            node.stores.search.rebuild()
            node.stores.indexer.applied(node.appliedIndex.rawValue)
            call.respondNothing()
        }
    }

    private func search(_ call: APICall) throws(Problem) {
        let filter = try SearchFilter(call)
        let limit = try call.number("limit", default: 50, in: 1...Node.maxPageItems)
        let before = Int64(try call.number("cursor", default: Int.max, in: 1...Int.max))
        guard let text = call.parameter("text"), !text.isEmpty else {
            return findSessions(filter, before: SessionID(before), limit: limit, call)
        }
        guard text.utf8.count <= SearchLimits.textBytes else {
            throw .invalid("The parameter text must have at most \(SearchLimits.textBytes) bytes.")
        }
        let search = TextSearch(text: Text(text), filter: filter, limit: limit, call: call)
        find(search, before: before)
    }

    // MARK: Without a text

    private func findSessions(
        _ filter: SearchFilter, before: SessionID, limit: Int, _ call: APICall
    ) {
        let agent = call.caller.agent
        let projects = state.projects.map(\.id).filter {
            (filter.project == nil || filter.project == $0)
                && !state.permissions(of: agent, in: $0).isEmpty
        }
        var ids = projects.flatMap {
            state.sessions(in: $0, before: before, limit: SearchLimits.sessions)
        }
        let isAll = ids.count < SearchLimits.sessions
        ids = Array(ids.sorted(by: >).prefix(SearchLimits.sessions))
        var found: [API.Found] = []
        var last: SessionID?
        for id in ids where found.count < limit {
            last = id
            guard state.canSee(agent, id), let session = state.session(id),
                filter.matches(session, state), filter.matchesTime(session)
            else { continue }
            found.append(
                API.Found(session: state.view(session, for: agent, at: logTime), item: nil))
        }
        let isOver = isAll && last == ids.last
        call.respond(
            API.FoundPage(
                index: "\(appliedIndex)", items: found,
                next: isOver ? nil : last.map { "\($0)" }, searchIndex: nil))
    }

    // MARK: With a text

    /// A request under way.
    private struct TextSearch {
        let text: Text
        let filter: SearchFilter
        let limit: Int
        let call: APICall
        var found: [SearchHit] = []
        var readings = 0
        var index: UInt64 = 0
    }

    /// Reads search.db on, until the page is full, nothing is left, or enough was looked at.
    private func find(_ search: TextSearch, before: Int64) {
        let store = stores.search
        let (text, span) = (search.text, search.filter.span)
        let started = workers.queries.submit(on: loop) {
            () -> Result<(hits: [SearchHit]?, index: UInt64), StorageError> in
            do throws(StorageError) {
                let index = try store.index()
                let hits = try store.find(
                    text, before: before, at: span, limit: SearchLimits.hits)
                return .success((hits, index))
            } catch {
                return .failure(error)
            }
        } completion: { [self] result in
            switch result {
            case .failure(let error):
                log.warning("search fails", ["reason": .text(error.description)])
                stores.indexer.applied(appliedIndex.rawValue)
                search.call.respond(Problem.searchFails)
            case .success((nil, _)):
                search.call.respond(
                    Problem.invalid("The parameter text has no word to look for."))
            case .success((let hits?, let index)):
                take(hits, index, search)
            }
        }
        if !started { search.call.respond(Problem.overloaded) }
    }

    private func take(_ hits: [SearchHit], _ index: UInt64, _ search: TextSearch) {
        var search = search
        search.readings += 1
        search.index = index
        var last: Int64?
        for hit in hits where search.found.count < search.limit {
            last = hit.id
            if isFound(hit, search) { search.found.append(hit) }
        }
        let isOver = hits.count < SearchLimits.hits && last == hits.last?.id
        if isOver || search.found.count == search.limit
            || search.readings == SearchLimits.readings
        {
            return respond(search, next: isOver ? nil : last)
        }
        guard let last else { return respond(search, next: nil) }
        find(search, before: last)
    }

    private func isFound(_ hit: SearchHit, _ search: TextSearch) -> Bool {
        guard state.canSee(search.call.caller.agent, hit.session),
            let session = state.session(hit.session)
        else { return false }
        return search.filter.matches(session, state)
    }

    private func respond(_ search: TextSearch, next: Int64?) {
        let call = search.call
        read(call) { [hits = search.found] reader throws(StorageError) in
            var read: [(hit: SearchHit, item: HistoryItem)] = []
            for hit in hits {
                let row = try reader.row(
                    .history, major: hit.session.rawValue, minor: hit.ordinal)
                guard let row, let item = try? HistoryItem(value: row), hit.isOf(item),
                    try reader.isCurrent(item, hit)
                else { continue }
                read.append((hit, item))
            }
            return read
        } completion: { [self] rows in
            // Who sees what may have changed while the rows were read.
            let items = rows.compactMap { row -> API.Found? in
                guard isFound(row.hit, search), let session = state.session(row.hit.session) else {
                    return nil
                }
                return API.Found(
                    session: state.view(session, for: call.caller.agent, at: logTime),
                    item: state.view(row.item, ordinal: row.hit.ordinal))
            }
            call.respond(
                API.FoundPage(
                    index: "\(appliedIndex)", items: items, next: next.map { "\($0)" },
                    searchIndex: "\(search.index)"))
        }
    }
}

extension StateReader {
    /// Whether a text is what its reader has before them: no agent has changed it since at
    /// Telegram, or deleted it.
    fileprivate func isCurrent(
        _ item: HistoryItem, _ hit: SearchHit
    ) throws(StorageError) -> Bool {
        let message: Int64
        switch item.what {
        case .outbound: message = hit.ordinal
        case .revised(_, let ordinal, _): message = ordinal
        case .rewritten(_, let ordinal, _, _):
            message = ordinal
            guard let row = try row(.history, major: hit.session.rawValue, minor: ordinal),
                case .outbound(let now)? = (try? HistoryItem(value: row))?.what,
                now.changedAt == item.index
            else { return false }
        default: return true  // Nothing that an agent could have changed.
        }
        guard let row = try row(.revision, major: hit.session.rawValue, minor: message),
            let mark = try? RevisionMark(value: row)
        else { return true }
        return mark.ordinal == hit.ordinal && !mark.isDeleted
    }
}

extension Problem {
    static let searchFails = Problem(
        503, "search_fails", "Search does not work here now",
        detail: "This node's search index can't be read; it is being made anew.",
        hint: "Use another node, or try again in a minute.")
}
