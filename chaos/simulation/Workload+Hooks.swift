import Routing
import Wire

extension Workload {
    /// A manager makes a hook or changes one, or the sender tells what became of deliveries.
    func hook(_ project: ProjectID) throws {
        guard let view else { return }
        let hooks = view.state.hooks(of: project)
        let settings = HookSettings(
            url: "https://crm.example/h", events: .all,
            isEnabled: cluster.chance.happens(permille: 900))
        guard let hook = hooks.first, cluster.chance.happens(permille: 800) else {
            return try submit(
                .createHook(by: agents[0], project, settings, sealedSecret: [7]))
        }
        let waiting = view.state.deliveries(to: hook.id, after: 0, limit: 50)
        guard !waiting.isEmpty, cluster.chance.happens(permille: 800) else {
            return try submit(
                .updateHook(hook.id, by: agents[0], settings, sealedSecret: []))
        }
        let reports = waiting.map { delivery in
            HookReport(
                hook: hook.id, sequence: delivery.sequence, failures: hook.failures,
                result: cluster.chance.happens(permille: 700)
                    ? .delivered : .failed(reason: "500"))
        }
        try submit(.finishDeliveries(reports))
    }
}
