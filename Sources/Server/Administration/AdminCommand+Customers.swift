import Wire

/// What is kept of customers, and forgetting them.
extension AdminCommand {
    func customer(_ words: [String]) throws {
        switch (words.first ?? "", words.count) {
        case ("show", 3): output.show(try client.get(customerPath(words)))
        case ("erase", 3):
            let erasure = try client.send(.delete, customerPath(words), nil)
            output.done("erasure \(erasure["id"]?.string ?? "") has begun", erasure)
        case ("erasures", 2):
            output.list(
                try client.items("/api/v1/projects/\(projectID(words[1]))/erasures", limit: limit),
                [
                    .init("ID", "id"), .init("CUSTOMER", "customer"), .init("BY", "by.name"),
                    .init("ASKED", "askedAt"), .init("SESSIONS", "sessions"),
                    .init("FINISHED", "finishedAt"), .init("EVERYWHERE", "done"),
                ])
        default: throw AdminCommand.wrong("customer")
        }
    }

    /// Where a customer of a project is; the number goes into a path as it is.
    private func customerPath(_ words: [String]) throws -> String {
        guard AdminCommand.isID(words[2]) else {
            throw Arguments.Problem(
                description:
                    "\(words[2]) is no customer's number at Telegram, which is digits alone")
        }
        return "/api/v1/projects/\(try projectID(words[1]))/customers/\(words[2])"
    }
}
