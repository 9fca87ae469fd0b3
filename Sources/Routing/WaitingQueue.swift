/// The waiting sessions of one project.
///
/// Sessions that the same agents may be given wait in one class: whether there is a candidate is
/// then a question to a class and not to each session, and only the head of each class can be
/// next. Looking costs the number of classes, never the length of the queue.
struct WaitingQueue: Equatable, Sendable {
    /// What decides whom a waiting session may be given to, besides the project.
    struct Kind: Hashable, Comparable, Sendable {
        /// Excluded agents, ascending.
        var excluded: [AgentID] = []
        /// The pool that it is for; nil: the whole project.
        var pool: PoolID?
        /// The unexcluded kind for the whole project comes first.
        static func < (a: Kind, b: Kind) -> Bool {
            if a.excluded != b.excluded { return a.excluded.lexicographicallyPrecedes(b.excluded) }
            return (a.pool?.rawValue ?? 0) < (b.pool?.rawValue ?? 0)
        }
    }
    /// Sessions of the same kind.
    struct Class: Equatable, Sendable {
        /// What they have in common.
        var kind: Kind
        /// The sessions; never empty.
        var places: OrderedSet<QueuePlace>
    }
    /// Ascending by kind.
    private(set) var classes: [Class] = []
    /// How many sessions wait.
    private(set) var count = 0

    /// Whether nobody waits.
    var isEmpty: Bool { count == 0 }

    /// The first session of all.
    var head: QueuePlace? { classes.compactMap(\.places.first).min() }

    /// The first session of the kinds that an agent may be given; else the first of all.
    func head(where mayHave: (Kind) -> Bool) -> QueuePlace? {
        classes.compactMap { mayHave($0.kind) ? $0.places.first : nil }.min() ?? head
    }

    /// Lets a session wait.
    mutating func insert(_ session: Session) {
        let kind = session.queueKind
        let index = classIndex(kind)
        if index == classes.count || classes[index].kind != kind {
            classes.insert(Class(kind: kind, places: OrderedSet()), at: index)
        }
        let isNew = classes[index].places.insert(session.queuePlace)
        precondition(isNew, "a session waits twice")
        count += 1
    }

    /// Takes a session out.
    mutating func remove(_ session: Session) {
        let kind = session.queueKind
        let index = classIndex(kind)
        precondition(index < classes.count && classes[index].kind == kind)
        let wasThere = classes[index].places.remove(session.queuePlace)
        precondition(wasThere, "a session that does not wait leaves the queue")
        if classes[index].places.isEmpty { classes.remove(at: index) }
        count -= 1
    }

    /// At most `limit` sessions in order, from the start or from after a place.
    func ascending(after: QueuePlace? = nil, limit: Int = .max) -> [QueuePlace] {
        if classes.count == 1 { return classes[0].places.ascending(after: after, limit: limit) }
        let heads = classes.flatMap { $0.places.ascending(after: after, limit: limit) }
        return Array(heads.sorted().prefix(limit))
    }

    private func classIndex(_ kind: Kind) -> Int {
        if kind.excluded.isEmpty, kind.pool == nil { return 0 }
        var low = 0
        var high = classes.count
        while low < high {
            let middle = (low + high) / 2
            if classes[middle].kind < kind {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}

extension Session {
    /// Whom a waiting session may be given to, for the queue.
    var queueKind: WaitingQueue.Kind {
        exclusions.isEmpty && pool == nil
            ? WaitingQueue.Kind()
            : WaitingQueue.Kind(excluded: exclusions.map(\.agent).sorted(), pool: pool)
    }
}
