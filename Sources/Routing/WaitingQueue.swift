/// The waiting sessions of one project.
///
/// Sessions that the same agents are excluded from wait in one class: whether there is a candidate
/// is then a question to a class and not to each session, and only the head of each class can be
/// next. Looking costs the number of classes, never the length of the queue.
struct WaitingQueue: Equatable, Sendable {
    /// Sessions with the same exclusions.
    struct Class: Equatable, Sendable {
        /// Excluded agents, ascending.
        var excluded: [AgentID]
        /// Their sessions; never empty.
        var places: OrderedSet<QueuePlace>
    }
    /// Ascending by `excluded`: the unexcluded class, if there is one, comes first.
    private(set) var classes: [Class] = []
    /// How many sessions wait.
    private(set) var count = 0

    /// Whether nobody waits.
    var isEmpty: Bool { count == 0 }

    /// The first session of all.
    var head: QueuePlace? { classes.compactMap(\.places.first).min() }

    /// The first session that this agent is not excluded from; the first of all if there is none.
    func head(for agent: AgentID) -> QueuePlace? {
        let open = classes.lazy.filter { !$0.excluded.contains(agent) }
        return open.compactMap(\.places.first).min() ?? head
    }

    /// Lets a session wait.
    mutating func insert(_ place: QueuePlace, excluded: [AgentID]) {
        let index = classIndex(excluded)
        if index == classes.count || classes[index].excluded != excluded {
            classes.insert(Class(excluded: excluded, places: OrderedSet()), at: index)
        }
        let isNew = classes[index].places.insert(place)
        precondition(isNew, "a session waits twice")
        count += 1
    }

    /// Takes a session out.
    mutating func remove(_ place: QueuePlace, excluded: [AgentID]) {
        let index = classIndex(excluded)
        precondition(index < classes.count && classes[index].excluded == excluded)
        let wasThere = classes[index].places.remove(place)
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

    private func classIndex(_ excluded: [AgentID]) -> Int {
        if excluded.isEmpty { return 0 }
        var low = 0
        var high = classes.count
        while low < high {
            let middle = (low + high) / 2
            if classes[middle].excluded.lexicographicallyPrecedes(excluded) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}

extension Session {
    /// Excluded agents in the queue's order.
    var excludedAgents: [AgentID] {
        exclusions.isEmpty ? [] : exclusions.map(\.agent).sorted()
    }
}
