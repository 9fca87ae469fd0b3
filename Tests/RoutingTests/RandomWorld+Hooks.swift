import Wire

@testable import Routing

extension RandomWorld {
    /// A manager does something with a hook, or the leader tells what became of deliveries.
    mutating func hooking() -> Command {
        let project = dice.pick(projects)
        let settings = HookSettings(
            url: Text("https://crm.example/\(dice.roll(1...3))"),
            events: HookEvents(rawValue: UInt8(dice.roll(0...7))), isEnabled: !dice.once(in: 5))
        let hooks = world.state.hooks(of: project)
        guard hooks.count > 1, !dice.once(in: 6) else {
            return .createHook(by: nil, project, settings, sealedSecret: [7])
        }
        let hook = dice.pick(hooks)
        let waiting = world.state.deliveries(to: hook.id, after: 0, limit: 3)
        switch dice.roll(1...10) {
        case 1: return .removeHook(hook.id, by: dice.once(in: 2) ? nil : dice.pick(agents))
        case 2, 3:
            return .updateHook(
                hook.id, by: nil, settings, sealedSecret: dice.once(in: 2) ? [] : [8])
        case 4: return .pingHook(hook.id, by: nil)
        case 5 where !waiting.isEmpty:
            return .passOverDelivery(dice.pick(waiting).sequence, of: hook.id, by: nil)
        default: return .finishDeliveries(waiting.map { report(hook, $0.sequence) })
        }
    }

    private mutating func report(_ hook: Hook, _ sequence: Int64) -> HookReport {
        HookReport(
            hook: hook.id, sequence: sequence, failures: dice.once(in: 3) ? 0 : hook.failures,
            result: dice.pick([
                .delivered, .delivered, .failed(reason: "500"), .gone(reason: "410"),
            ]))
    }
}
