import Wire

/// All hooks, and what waits to be posted to them.
struct Hooks: Equatable, Sendable {
    var all: [HookID: Hook] = [:]
    /// By project, in order of creation.
    var ofProject: [ProjectID: [HookID]] = [:]
    /// Nothing waits for a hook that is not here.
    var queues: [HookID: HookQueue] = [:]

    /// Takes a hook in.
    mutating func add(_ hook: Hook) {
        all[hook.id] = hook
        ofProject[hook.project, default: []].append(hook.id)
    }
}

// What managers do with hooks, and what the sender finds. Events are made in `HookEvents.swift`.
extension RoutingState {
    /// A project's hooks, in order of creation.
    public func hooks(of project: ProjectID) -> [Hook] {
        (hooks.ofProject[project] ?? []).map { hooks.all[$0]! }
    }
    /// A hook.
    public func hook(_ id: HookID) -> Hook? { hooks.all[id] }
    /// Hooks for which something waits, ascending.
    public var waitingHooks: [HookID] { hooks.queues.keys.sorted() }
    /// How many deliveries wait for a hook.
    public func waitingCount(for hook: HookID) -> Int { hooks.queues[hook]?.count ?? 0 }
    /// The oldest deliveries that wait for a hook after one; 0: from the first.
    public func deliveries(
        to hook: HookID, after sequence: Int64, limit: Int
    ) -> [HookDelivery] {
        Array(hooks.queues[hook]?.page(after: sequence, limit: limit) ?? [])
    }
    /// The oldest delivery that waits for a hook after one; 0: the first.
    public func delivery(to hook: HookID, after sequence: Int64) -> HookDelivery? {
        hooks.queues[hook]?.next(after: sequence)
    }
    /// What all hooks add up to: waiting, given up, dropped.
    public var hookTotals: (waiting: Int, givenUp: UInt64, dropped: UInt64) {
        hooks.all.values.reduce((hooks.queues.values.reduce(0) { $0 + $1.count }, 0, 0)) {
            ($0.0, $0.1 + $1.givenUp, $0.2 + $1.dropped)
        }
    }

    mutating func apply(hook command: Command) -> Outcome {
        switch command {
        case .createHook(let by, let project, let settings, let secret):
            createHook(by: by, project, settings, secret)
        case .updateHook(let id, let by, let settings, let secret):
            updateHook(id, by: by, settings, secret)
        case .removeHook(let id, let by): removeHook(id, by: by)
        case .pingHook(let id, let by): pingHook(id, by: by)
        case .passOverDelivery(let sequence, let id, let by):
            passOver(sequence, of: id, by: by)
        case .finishDeliveries(let reports): finish(reports)
        default: preconditionFailure("no command about hooks")
        }
    }

    private mutating func createHook(
        by: AgentID?, _ project: ProjectID, _ settings: HookSettings, _ secret: [UInt8]
    ) -> Outcome {
        guard roomSlots[project] != nil else { return .refused(.notFound) }
        guard isManager(by, of: project) else { return .refused(.forbidden) }
        if let why = settings.refusal { return .refused(.invalid(why)) }
        guard !secret.isEmpty, secret.count <= Hook.Limits.secret else {
            return .refused(.invalid("secret"))
        }
        guard (hooks.ofProject[project]?.count ?? 0) < Hook.Limits.perProject else {
            return .refused(.invalid("the number of hooks"))
        }
        let hook = Hook(
            id: HookID(now.index), project: project, createdAt: now.time, settings: settings,
            sealedSecret: secret)
        hooks.add(hook)
        draft.hooks.note(hook.id)
        return .done(id: hook.id.rawValue)
    }

    /// New settings, and a new secret unless it is empty. What waits is tried at once.
    private mutating func updateHook(
        _ id: HookID, by: AgentID?, _ settings: HookSettings, _ secret: [UInt8]
    ) -> Outcome {
        guard let hook = hooks.all[id] else { return .refused(.notFound) }
        guard isManager(by, of: hook.project) else { return .refused(.forbidden) }
        if let why = settings.refusal { return .refused(.invalid(why)) }
        guard secret.count <= Hook.Limits.secret else { return .refused(.invalid("secret")) }
        hooks.all[id]!.settings = settings
        if !secret.isEmpty { hooks.all[id]!.sealedSecret = secret }
        hooks.all[id]!.failures = 0
        hooks.all[id]!.notBefore = nil
        draft.hooks.note(id)
        return .done(id: id.rawValue)
    }

    /// A hook is no more, nor what waited for it.
    private mutating func removeHook(_ id: HookID, by: AgentID?) -> Outcome {
        guard let hook = hooks.all[id] else { return .refused(.notFound) }
        guard isManager(by, of: hook.project) else { return .refused(.forbidden) }
        if let queue = hooks.queues.removeValue(forKey: id) {
            for delivery in queue.waiting {
                draft.applied.write(.hookDelivery, id.rawValue, delivery.sequence, as: nil)
            }
        }
        hooks.all[id] = nil
        hooks.ofProject[hook.project]!.removeAll { $0 == id }
        if hooks.ofProject[hook.project]!.isEmpty { hooks.ofProject[hook.project] = nil }
        draft.hooks.note(id)
        return .done(id: id.rawValue)
    }

    /// A manager tries a hook; the outcome has the delivery's number.
    private mutating func pingHook(_ id: HookID, by: AgentID?) -> Outcome {
        guard let hook = hooks.all[id] else { return .refused(.notFound) }
        guard isManager(by, of: hook.project) else { return .refused(.forbidden) }
        guard hook.settings.isEnabled else { return .refused(.wrongState) }
        guard let sequence = tell(id, .ping) else { return .refused(.wrongState) }
        return .done(id: sequence)
    }

    /// A manager does not want a delivery to be tried any more.
    private mutating func passOver(
        _ sequence: Int64, of id: HookID, by: AgentID?
    ) -> Outcome {
        guard let hook = hooks.all[id] else { return .refused(.notFound) }
        guard isManager(by, of: hook.project) else { return .refused(.forbidden) }
        guard take(sequence, from: id) else { return .refused(.notFound) }
        hooks.all[id]!.givenUp += 1
        hooks.all[id]!.failures = 0
        hooks.all[id]!.notBefore = nil
        draft.hooks.note(id)
        return .done(id: sequence)
    }
}

extension HookSettings {
    /// What can't be as it is.
    fileprivate var refusal: Text? {
        let isWeb = url.utf8.starts(with: "https://".utf8) || url.utf8.starts(with: "http://".utf8)
        guard isWeb, url.utf8.count <= Hook.Limits.url else { return "url" }
        return events.isEmpty || !HookEvents.all.isSuperset(of: events) ? "events" : nil
    }
}
