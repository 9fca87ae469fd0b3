import Crypto
import Routing
import Telegram
import Wire

/// Projects and agents, for administrators and for managers of a project.
extension Node {
    func addAdminRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/projects", &routes) { node, call throws(Problem) in
            let visible = node.state.projects.filter { node.mayManage(call.caller, $0.id) }
            try call.respondPage(visible, id: { $0.id.rawValue }, view: node.projectView)
        }
        api(.post, "/api/v1/projects", &routes) { node, call throws(Problem) in
            try node.createProject(call)
        }
        api(.get, "/api/v1/projects/*", &routes) { node, call throws(Problem) in
            node.respondProject(try node.managedProject(call).id, call)
        }
        api(.put, "/api/v1/projects/*", &routes) { node, call throws(Problem) in
            try node.updateProject(call)
        }
        api(.get, "/api/v1/projects/*/members", &routes) { node, call throws(Problem) in
            let project = try node.managedProject(call)
            call.respond(
                node.projectView(project).members, setting: Setting(.members, of: project.id))
        }
        api(.put, "/api/v1/projects/*/members", &routes) { node, call throws(Problem) in
            try node.setMembers(call)
        }
        api(.get, "/api/v1/projects/*/webhook", &routes) { node, call throws(Problem) in
            try node.showWebhook(call)
        }
        api(.post, "/api/v1/projects/*/webhook", &routes) { node, call throws(Problem) in
            try node.setWebhook(call)
        }
        api(.get, "/api/v1/cluster", &routes) { node, call throws(Problem) in
            guard call.caller.isAdmin else { throw .forbidden }
            call.respond(node.statusView)
        }
        api(.get, "/api/v1/agents", &routes) { node, call throws(Problem) in
            guard node.managesAnything(call.caller) else { throw .forbidden }
            let time = node.logTime
            try call.respondPage(node.state.agents, id: { $0.id.rawValue }) {
                node.state.detail($0, at: time)
            }
        }
        api(.post, "/api/v1/agents", &routes) { node, call throws(Problem) in
            try node.createAgent(call)
        }
        api(.get, "/api/v1/agents/*", &routes) { node, call throws(Problem) in
            guard node.managesAnything(call.caller) else { throw .forbidden }
            let id = try call.id(0, as: AgentID.self)
            guard node.state.agent(id) != nil else { throw .notFound }
            node.respondAgent(id, call)
        }
        api(.put, "/api/v1/agents/*", &routes) { node, call throws(Problem) in
            try node.updateAgent(call)
        }
        api(.post, "/api/v1/agents/*/offline", &routes) { node, call throws(Problem) in
            try node.forceOffline(call)
        }
    }

    func page<Element>(_ items: [Element]) -> API.Page<Element> {
        API.Page(index: "\(appliedIndex)", items: items, next: nil)
    }

    func mayManage(_ caller: Caller, _ project: ProjectID) -> Bool {
        caller.isAdmin || state.permissions(of: caller.agent, in: project).contains(.manage)
    }
    func managesAnything(_ caller: Caller) -> Bool {
        caller.isAdmin || state.projects.contains { mayManage(caller, $0.id) }
    }
    func managedProject(_ call: APICall) throws(Problem) -> Project {
        let id = try call.id(0, as: ProjectID.self)
        guard let project = state.project(id) else { throw .notFound }
        guard mayManage(call.caller, id) else { throw .forbidden }
        return project
    }

    // MARK: Projects

    func projectView(_ project: Project) -> API.ProjectView {
        API.ProjectView(project, in: state, at: logTime)
    }

    private func respondProject(_ id: ProjectID, _ call: APICall) {
        guard let project = state.project(id) else { return call.respond(Problem.notFound) }
        call.respond(projectView(project), setting: Setting(.project, of: id))
    }

    private func createProject(_ call: APICall) throws(Problem) {
        guard call.caller.isAdmin else { throw .forbidden }
        let body = try call.body(API.ProjectBody.self)
        var settings = ProjectSettings(name: Text(""), botUsername: Text(""))
        guard body.name != nil else { throw .invalid("The field name is missing.") }
        guard body.botUsername != nil else { throw .invalid("The field botUsername is missing.") }
        guard body.webhookSecret != nil else {
            throw .invalid(
                "The field webhookSecret is missing.",
                hint: "Choose 1 to 256 characters of A-Z a-z 0-9 _ - and give it to setWebhook.")
        }
        try body.apply(to: &settings, secrets: secrets)
        call.submit(.createProject(by: call.caller.agent, settings)) { [self] id in
            guard let project = state.project(ProjectID(id)) else {
                return call.respond(Problem.notFound)
            }
            call.respond(projectView(project), status: 201)
        }
    }

    private func updateProject(_ call: APICall) throws(Problem) {
        let project = try managedProject(call)
        let body = try call.body(API.ProjectBody.self)
        var settings = project.settings
        try refuseOtherBot(body.token, than: settings)
        try body.apply(to: &settings, secrets: secrets)
        let command = Command.updateProject(project.id, by: call.caller.agent, settings)
        call.submit(command) { [self] _ in
            if let project = state.project(project.id) { hours.resolve(project) }
            respondProject(project.id, call)
        }
    }

    /// A project stays with its bot: customers, chats and links are that bot's. The bot's number is
    /// what getMe tells, and the first part of each of its tokens.
    private func refuseOtherBot(_ token: String?, than settings: ProjectSettings) throws(Problem) {
        guard let token, !settings.sealedToken.isEmpty,
            let old = secrets.open(settings.sealedToken, for: .botToken).flatMap(BotToken.botID),
            let new = BotToken.botID(of: Text(token)), old != new
        else { return }
        throw Problem(
            409, "other_bot", "The token is another bot's",
            detail: "The project's bot has the number \(old), the token is of bot \(new).",
            hint:
                "Take a new token of the same bot from BotFather, or make a project for the other."
        )
    }

    private func setMembers(_ call: APICall) throws(Problem) {
        let project = try managedProject(call)
        var members: [Member] = []
        for member in try call.body([API.MemberBody].self) {
            members.append(try member.member(before: project))
        }
        let command = Command.setMembers(
            project.id, by: call.caller.agent, members,
            handOver: try successor(call.parameter("handOver")))
        call.submit(command) { [self] _ in
            guard let project = state.project(project.id) else {
                return call.respond(Problem.notFound)
            }
            call.respond(projectView(project), setting: Setting(.members, of: project.id))
        }
    }

    /// The agent who is to have the sessions of another.
    private func successor(_ id: String?) throws(Problem) -> AgentID? {
        guard let id else { return nil }
        guard let number = Int64(id), state.agent(AgentID(number)) != nil else {
            throw .invalid("The field handOver must be an agent's id.")
        }
        return AgentID(number)
    }

    // MARK: Agents

    private func respondAgent(_ id: AgentID, _ call: APICall) {
        guard let agent = state.agent(id) else { return call.respond(Problem.notFound) }
        call.respond(state.detail(agent, at: logTime), setting: Setting(.agent, of: id))
    }

    private func createAgent(_ call: APICall) throws(Problem) {
        guard call.caller.isAdmin else { throw .forbidden }
        let body = try call.body(API.AgentBody.self)
        let login = try API.checked(body.login, "login", 1...64)
        let name = try API.checked(body.name, "name", 1...100)
        let password = try API.checkedPassword(body.password)
        hashPassword(password, call) { [self] hash in
            let command = Command.createAgent(
                by: call.caller.agent, login: login, name: name, passwordHash: hash,
                isAdmin: body.isAdmin ?? false)
            call.submit(command) { id in
                guard let agent = self.state.agent(AgentID(id)) else {
                    return call.respond(Problem.notFound)
                }
                call.respond(self.state.detail(agent, at: self.logTime), status: 201)
            }
        }
    }

    private func updateAgent(_ call: APICall) throws(Problem) {
        let id = try call.id(0, as: AgentID.self)
        guard state.agent(id) != nil else { throw .notFound }
        let body = try call.body(API.AgentBody.self)
        // Agents may change their own password and name; the rest is an administrator's.
        let isOwn = id == call.caller.agent && body.touchesOnlyOwnFields
        guard call.caller.isAdmin || isOwn else { throw .forbidden }
        var change = AgentChange()
        if body.name != nil { change.name = try API.checked(body.name, "name", 1...100) }
        change.isAdmin = body.isAdmin
        change.isActive = body.isActive
        change.openLimit = try API.checkedLimit(body.openLimit, "openLimit")
        change.newPerMinute = try API.checkedLimit(body.newPerMinute, "newPerMinute")
        change.handOver = try successor(body.handOver)
        let send = { [self] (change: AgentChange) in
            call.submit(.updateAgent(id, by: call.caller.agent, change)) { _ in
                self.respondAgent(id, call)
            }
        }
        guard body.password != nil else { return send(change) }
        hashPassword(try API.checkedPassword(body.password), call) { hash in
            change.passwordHash = hash
            send(change)
        }
    }

    /// Signs an agent out everywhere.
    private func forceOffline(_ call: APICall) throws(Problem) {
        guard call.caller.isAdmin else { throw .forbidden }
        let id = try call.id(0, as: AgentID.self)
        call.submit(.forceOffline(id, by: call.caller.agent)) { [self] _ in
            respondAgent(id, call)
        }
    }

    private func hashPassword(
        _ password: [UInt8], _ call: APICall, completion: @escaping (Text) -> Void
    ) {
        let started = workers.passwords.submit(on: loop) { () -> Text in
            Text(Scrypt().hash(password: password))
        } completion: { hash in
            completion(hash)
        }
        if !started { call.respond(Problem.overloaded) }
    }
}
