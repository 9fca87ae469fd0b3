@testable import Routing

extension Samples {
    private static let hook = HookSettings(
        url: "https://crm.example/h", events: [.assigned, .clicked])
    private static let hookOff = HookSettings(
        url: "https://crm.example/h", events: .all, isEnabled: false)

    static var hooks: [Command] {
        [
            .createHook(by: AgentID(1), ProjectID(8), hook, sealedSecret: [9, 8, 7]),
            .updateHook(HookID(90), by: nil, hookOff, sealedSecret: []),
            .removeHook(HookID(90), by: AgentID(1)), .pingHook(HookID(90), by: nil),
            .passOverDelivery(300, of: HookID(90), by: AgentID(1)),
            .finishDeliveries([
                HookReport(hook: HookID(90), sequence: 300, failures: 0, result: .delivered),
                HookReport(
                    hook: HookID(91), sequence: 301, failures: 2, result: .failed(reason: "500")),
                HookReport(
                    hook: HookID(92), sequence: 302, failures: 0, result: .gone(reason: "410")),
            ]),
        ]
    }
}
