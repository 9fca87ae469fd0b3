import HTTP
import Routing
import Storage

/// What is kept of a customer, for the customer who asks for it.
extension Node {
    func addCustomerRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/projects/*/customers/*", &routes) { node, call throws(Problem) in
            try node.exportCustomer(call)
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
