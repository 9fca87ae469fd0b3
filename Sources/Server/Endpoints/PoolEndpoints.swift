import Routing
import Wire

/// Named pools of a project, for its managers.
extension Node {
    func addPoolRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/projects/*/pools", &routes) { node, call throws(Problem) in
            let project = try node.managedProject(call)
            let pools = node.state.pools(of: project.id)
            try call.respondPage(pools, id: { $0.id.rawValue }, view: node.poolView)
        }
        api(.post, "/api/v1/projects/*/pools", &routes) { node, call throws(Problem) in
            try node.createPool(call)
        }
        api(.get, "/api/v1/pools/*", &routes) { node, call throws(Problem) in
            node.respondPool(try node.managedPool(call).id, status: 200, call)
        }
        api(.put, "/api/v1/pools/*", &routes) { node, call throws(Problem) in
            try node.updatePool(call)
        }
        api(.delete, "/api/v1/pools/*", &routes) { node, call throws(Problem) in
            let pool = try node.managedPool(call)
            call.submit(.removePool(pool.id, by: call.caller.agent)) { _ in call.respondNothing() }
        }
    }

    private func poolView(_ pool: Pool) -> API.PoolView {
        API.PoolView(pool, members: state.members(of: pool).map(state.named), in: state)
    }

    private func managedPool(_ call: APICall) throws(Problem) -> Pool {
        guard let pool = state.pool(try call.id(0, as: PoolID.self)) else { throw .notFound }
        guard mayManage(call.caller, pool.project) else { throw .forbidden }
        return pool
    }

    private func createPool(_ call: APICall) throws(Problem) {
        let project = try managedProject(call)
        let body = try call.body(API.PoolBody.self)
        guard let only = body.only else { throw .invalid("The field only is missing.") }
        var settings = PoolSettings(
            name: try API.checked(body.name, "name", 1...100), only: try only.rule())
        try body.apply(to: &settings)
        call.submit(.createPool(by: call.caller.agent, project.id, settings)) { [self] id in
            respondPool(PoolID(id), status: 201, call)
        }
    }

    private func updatePool(_ call: APICall) throws(Problem) {
        let pool = try managedPool(call)
        var settings = pool.settings
        try call.body(API.PoolBody.self).apply(to: &settings)
        call.submit(.updatePool(pool.id, by: call.caller.agent, settings)) { [self] _ in
            respondPool(pool.id, status: 200, call)
        }
    }

    private func respondPool(_ id: PoolID, status: Int, _ call: APICall) {
        guard let pool = state.pool(id) else { return call.respond(Problem.notFound) }
        call.respond(poolView(pool), setting: Setting(.pool, of: id), status: status)
    }
}
