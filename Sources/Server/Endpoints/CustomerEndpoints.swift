import HTTP
import Routing
import Storage

/// What is kept of a customer, for the customer who asks for it, or who asks to be forgotten.
extension Node {
    func addCustomerRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/projects/*/customers/*", &routes) { node, call throws(Problem) in
            try node.exportCustomer(call)
        }
        api(.delete, "/api/v1/projects/*/customers/*", &routes) { node, call throws(Problem) in
            try node.eraseCustomer(call)
        }
        api(.get, "/api/v1/projects/*/erasures", &routes) { node, call throws(Problem) in
            let project = try node.managedProject(call).id
            let erasures = node.state.erasureList.filter { $0.project == project }
            try call.respondPage(erasures, id: { $0.id.rawValue }, view: node.view)
        }
        api(.get, "/api/v1/projects/*/erasures/*", &routes) { node, call throws(Problem) in
            let project = try node.managedProject(call).id
            guard let erasure = node.state.erasure(try call.id(1, as: ErasureID.self)),
                erasure.project == project
            else { throw .notFound }
            call.respond(node.view(erasure))
        }
    }

    private func exportCustomer(_ call: APICall) throws(Problem) {
        let project = try managedProject(call).id
        let user = try call.id(1, as: TelegramID.self)
        guard state.latestSession(project: project, user: user) != nil else { throw .notFound }
        let scan = CustomerScan(user, of: project)
        try begin(scan)
        readOn(call, scan)
    }

    private func eraseCustomer(_ call: APICall) throws(Problem) {
        let project = try managedProject(call).id
        let user = try call.id(1, as: TelegramID.self)
        call.submit(.eraseCustomer(user, of: project, by: call.caller.agent)) { [self] id in
            guard let erasure = state.erasure(ErasureID(id)) else {
                return call.respond(Problem.notFound)
            }
            call.respond(view(erasure), status: 202)
        }
    }

    /// An erasure with how far each member of the cluster is.
    private func view(_ erasure: Erasure) -> API.ErasureView {
        API.ErasureView(
            erasure, in: state, index: "\(appliedIndex)",
            nodes: replica.status.configuration.members.map(\.rawValue))
    }

    private func readOn(_ call: APICall, _ scan: CustomerScan) {
        read(call) { reader throws(StorageError) in
            try scan.step(reader)
        } completion: { [self] goesOn in
            if goesOn { return readOn(call, scan) }
            guard let data = API.CustomerData(index: "\(appliedIndex)", scan, in: state) else {
                return call.respond(Problem.notFound)
            }
            call.respond(data)
        }
    }
}
