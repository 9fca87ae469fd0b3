import Wire

// Where events become deliveries, and what becomes of these. A project without hooks costs one
// look-up in an empty or small dictionary.
extension RoutingState {
    /// A session became an agent's.
    mutating func tellHooks(assigned session: Session, to agent: AgentID) {
        guard !hooks.ofProject.isEmpty, let ids = hooks.ofProject[session.project] else { return }
        tell(ids, .assigned, .assigned(session.id, to: agent, version: session.version))
    }

    /// A session ended.
    mutating func tellHooks(completed session: Session) {
        guard !hooks.ofProject.isEmpty, let ids = hooks.ofProject[session.project] else { return }
        tell(
            ids, .completed,
            .completed(session.id, lastOwner: session.lastOwner, version: session.version))
    }

    /// A person clicked on a link.
    mutating func tellHooks(of click: Click, on link: Link) {
        guard !hooks.ofProject.isEmpty, let ids = hooks.ofProject[link.settings.project] else {
            return
        }
        tell(ids, .clicked, .clicked(link.id, click.key, at: click.at))
    }

    private mutating func tell(_ ids: [HookID], _ kind: HookEvents, _ what: HookDelivery.What) {
        for id in ids {
            let settings = hooks.all[id]!.settings
            if settings.isEnabled, settings.events.contains(kind) { _ = tell(id, what) }
        }
    }

    /// Lets an event wait for a hook; gives its number. The oldest make way where too many wait.
    /// Nil: it is dropped itself, for its entry has no number left.
    mutating func tell(_ id: HookID, _ what: HookDelivery.What) -> Int64? {
        guard draft.deliveries < HookDelivery.perEntry else {
            hooks.all[id]!.dropped += 1
            draft.hooks.note(id)
            return nil
        }
        let sequence = now.index * HookDelivery.perEntry + draft.deliveries
        draft.deliveries += 1
        let delivery = HookDelivery(sequence: sequence, at: now.time, what: what)
        hooks.queues[id, default: HookQueue()].append(delivery)
        draft.applied.write(.hookDelivery, id.rawValue, sequence, as: delivery.encoded())
        while hooks.queues[id]!.count > Hook.Limits.pending {
            let oldest = hooks.queues[id]!.removeFirst()
            draft.applied.write(.hookDelivery, id.rawValue, oldest.sequence, as: nil)
            hooks.all[id]!.dropped += 1
            draft.hooks.note(id)
        }
        draft.hooked.note(id)
        return sequence
    }

    /// Takes a delivery out of its queue; false: it does not wait any more.
    mutating func take(_ sequence: Int64, from id: HookID) -> Bool {
        guard hooks.queues[id]?.remove(sequence) == true else { return false }
        if hooks.queues[id]!.count == 0 { hooks.queues[id] = nil }
        draft.applied.write(.hookDelivery, id.rawValue, sequence, as: nil)
        return true
    }

    /// What became of tries. The same report again, or one about what is gone, changes nothing.
    mutating func finish(_ reports: [HookReport]) -> Outcome {
        var counted: Int64 = 0
        for report in reports {
            guard let hook = hooks.all[report.hook],
                hooks.queues[report.hook]?.contains(report.sequence) == true
            else { continue }
            switch report.result {
            case .delivered:
                _ = take(report.sequence, from: hook.id)
                hooks.all[hook.id]!.delivered += 1
                hooks.all[hook.id]!.lastDelivered = now.time
                hooks.all[hook.id]!.failures = 0
                hooks.all[hook.id]!.notBefore = nil
            case .failed(let reason):
                guard report.failures == hook.failures else { continue }
                failed(hook.id, reason)
            case .gone(let reason):
                guard report.failures == hook.failures else { continue }
                failed(hook.id, reason)
                hooks.all[hook.id]!.settings.isEnabled = false
            }
            draft.hooks.note(hook.id)
            counted += 1
        }
        return .done(id: counted)
    }

    /// A try failed: a pause, longer each time, and what is too old is given up.
    private mutating func failed(_ id: HookID, _ reason: Text) {
        let failures = hooks.all[id]!.failures
        let pauses = Hook.Limits.pauses
        let pause = pauses[Swift.min(Int(failures), pauses.count - 1)]
        hooks.all[id]!.failures = failures &+ 1
        hooks.all[id]!.notBefore = now.time.adding(milliseconds: pause)
        hooks.all[id]!.lastFailed = now.time
        hooks.all[id]!.lastError = reason.prefix(bytes: Hook.Limits.reason)
        let horizon = now.time.adding(milliseconds: -Hook.Limits.patience)
        while let oldest = hooks.queues[id]?.next(after: 0), oldest.at <= horizon {
            _ = take(oldest.sequence, from: id)
            hooks.all[id]!.givenUp += 1
        }
    }

    /// Writes the rows of hooks that were touched, and tells the sender.
    mutating func writeHookRows() {
        for id in draft.hooks {
            draft.applied.write(.hook, id.rawValue, as: hooks.all[id]?.encoded())
            draft.hooked.note(id)
        }
        for id in draft.hooked { draft.applied.events.append(.hookChanged(id)) }
        draft.hooks.removeAll(keepingCapacity: true)
        draft.hooked.removeAll(keepingCapacity: true)
        draft.deliveries = 0
    }
}
