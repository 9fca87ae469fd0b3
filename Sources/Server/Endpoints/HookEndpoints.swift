import Crypto
import Routing
import Wire

/// Hooks: where a project's events are posted to, for its managers.
extension Node {
    /// What every secret of a hook begins with, so that people and scanners know one.
    static let hookSecretPrefix = "rhs_"

    func addHookRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/projects/*/hooks", &routes) { node, call throws(Problem) in
            let hooks = node.state.hooks(of: try node.managedProject(call).id)
            try call.respondPage(hooks, id: { $0.id.rawValue }) { node.hookView($0) }
        }
        api(.post, "/api/v1/projects/*/hooks", &routes) { node, call throws(Problem) in
            try node.createHook(call)
        }
        api(.get, "/api/v1/hooks/*", &routes) { node, call throws(Problem) in
            call.respond(node.hookView(try node.managedHook(call)))
        }
        api(.put, "/api/v1/hooks/*", &routes) { node, call throws(Problem) in
            let hook = try node.managedHook(call)
            var settings = hook.settings
            try node.apply(try call.body(API.HookBody.self), to: &settings)
            node.update(hook.id, settings, secret: nil, call)
        }
        api(.delete, "/api/v1/hooks/*", &routes) { node, call throws(Problem) in
            let id = try node.managedHook(call).id
            call.submit(.removeHook(id, by: call.caller.agent)) { _ in call.respondNothing() }
        }
        api(.post, "/api/v1/hooks/*/secret", &routes) { node, call throws(Problem) in
            let hook = try node.managedHook(call)
            node.update(hook.id, hook.settings, secret: Node.newHookSecret(), call)
        }
        api(.post, "/api/v1/hooks/*/ping", &routes) { node, call throws(Problem) in
            try node.ping(call)
        }
        api(.get, "/api/v1/hooks/*/deliveries", &routes) { node, call throws(Problem) in
            try node.listDeliveries(call)
        }
        api(.delete, "/api/v1/hooks/*/deliveries/*", &routes) { node, call throws(Problem) in
            try node.passOver(call)
        }
    }

    private func managedHook(_ call: APICall) throws(Problem) -> Hook {
        guard let hook = state.hook(try call.id(0, as: HookID.self)) else { throw .notFound }
        guard mayManage(call.caller, hook.project) else { throw .forbidden }
        return hook
    }

    private func hookView(_ hook: Hook) -> API.HookView {
        API.HookView(hook, waiting: state.waitingCount(for: hook.id))
    }

    private static func newHookSecret() -> String {
        hookSecretPrefix + Base64URL.string(SecureRandom.bytes(32))
    }

    private func createHook(_ call: APICall) throws(Problem) {
        let project = try managedProject(call).id
        let body = try call.body(API.HookBody.self)
        guard body.url != nil else { throw .invalid("The field url is missing.") }
        guard body.events != nil else { throw .invalid("The field events is missing.") }
        var settings = HookSettings(url: "", events: [])
        try apply(body, to: &settings)
        guard state.hooks(of: project).count < Hook.Limits.perProject else {
            throw .invalid(
                "A project may have \(Hook.Limits.perProject) hooks at most.",
                hint: "Remove one that nobody needs, or let one receiver hand events on.")
        }
        let secret = Node.newHookSecret()
        let sealed = secrets.seal(Text(secret), for: .hookSecret)
        let command = Command.createHook(
            by: call.caller.agent, project, settings, sealedSecret: sealed)
        call.submit(command) { [self] id in
            respond(HookID(id), showing: secret, sealed, status: 201, call)
        }
    }

    private func update(
        _ id: HookID, _ settings: HookSettings, secret: String?, _ call: APICall
    ) {
        let sealed = secret.map { secrets.seal(Text($0), for: .hookSecret) } ?? []
        let command = Command.updateHook(
            id, by: call.caller.agent, settings, sealedSecret: sealed)
        call.submit(command) { [self] _ in
            respond(id, showing: secret, sealed, status: 200, call)
        }
    }

    private func respond(
        _ id: HookID, showing secret: String?, _ sealed: [UInt8], status: Int, _ call: APICall
    ) {
        guard let hook = state.hook(id) else { return call.respond(Problem.notFound) }
        var view = hookView(hook)
        // A repetition under a key made no second secret, and the first one's text is gone.
        if let secret, hook.sealedSecret == sealed { view.secret = secret }
        call.respond(view, status: status)
    }

    /// Settings as a manager wants them.
    private func apply(
        _ body: API.HookBody, to settings: inout HookSettings
    ) throws(Problem) {
        if let text = body.url {
            settings.url = try API.checked(text, "url", 1...Hook.Limits.url)
            guard let url = HookURL(text) else {
                throw .invalid(
                    "The field url must be an http or https URL of ASCII characters.",
                    hint: "Leave out a user's name and a fragment; write names in punycode.")
            }
            guard configuration.hooks.allowsPrivate || !url.isPrivate else {
                throw Problem(
                    422, "private_address", "Not an address of the public internet",
                    detail: "Events are not posted to this machine or to a private network.",
                    hint: "Choose a public address, or let an operator set hooks.allowPrivate.")
            }
        }
        if let words = body.events {
            guard let events = HookEvents(words: words), !events.isEmpty else {
                throw .invalid(
                    "The field events must hold \(HookEvents.all.words.joined(separator: ", ")) "
                        + "or some of them.")
            }
            settings.events = events
        }
        settings.isEnabled = body.enabled ?? settings.isEnabled
    }

    private func ping(_ call: APICall) throws(Problem) {
        let id = try managedHook(call).id
        call.submit(.pingHook(id, by: call.caller.agent)) { refusal in
            guard case .wrongState = refusal else { return nil }
            return Problem(
                409, "hook_off", "The hook is off", detail: "Nothing is posted to it.",
                hint: "Turn it on first.")
        } done: { sequence in
            call.respond(API.PingView(delivery: "\(id)-\(sequence)"), status: 202)
        }
    }

    private func listDeliveries(_ call: APICall) throws(Problem) {
        let hook = try managedHook(call)
        let waiting = state.deliveries(to: hook.id, after: 0, limit: Hook.Limits.pending)
        try call.respondPage(waiting, id: \.sequence) { HookPost($0, to: hook, in: state) }
    }

    private func passOver(_ call: APICall) throws(Problem) {
        let id = try managedHook(call).id
        let parts = call.parts[1].string.split(separator: "-").map { Int64($0) }
        guard parts.count == 2, parts[0] == id.rawValue, let sequence = parts[1], sequence > 0
        else { throw .notFound }
        call.submit(.passOverDelivery(sequence, of: id, by: call.caller.agent)) { _ in
            call.respondNothing()
        }
    }
}

extension API {
    /// A hook as managers see it.
    struct HookView: Encodable {
        var id: String
        var project: String
        var url: String
        var events: [String]
        var enabled: Bool
        var createdAt: String
        /// Deliveries that wait.
        var waiting: Int
        var delivered: Int64
        var givenUp: Int64
        var dropped: Int64
        /// Tries that failed one after the other, up to now.
        var failures: Int
        /// Nothing is tried before; null: at once.
        @Null var nextTry: String?
        @Null var lastDelivered: String?
        @Null var lastFailed: String?
        @Null var lastError: String?
        /// Signs what is posted: in the answer that made it and never again.
        var secret: String?

        init(_ hook: Hook, waiting: Int) {
            id = "\(hook.id)"
            project = "\(hook.project)"
            url = hook.settings.url.string
            events = hook.settings.events.words
            enabled = hook.settings.isEnabled
            createdAt = hook.createdAt.text
            self.waiting = waiting
            delivered = Int64(clamping: hook.delivered)
            givenUp = Int64(clamping: hook.givenUp)
            dropped = Int64(clamping: hook.dropped)
            failures = Int(hook.failures)
            nextTry = hook.notBefore?.text
            lastDelivered = hook.lastDelivered?.text
            lastFailed = hook.lastFailed?.text
            lastError = hook.lastError.isEmpty ? nil : hook.lastError.string
        }
    }

    /// A new hook, or what changes of one.
    struct HookBody: Decodable {
        var url: String?
        var events: [String]?
        var enabled: Bool?
    }

    /// What a hook is tried with.
    struct PingView: Encodable {
        var delivery: String
    }
}
