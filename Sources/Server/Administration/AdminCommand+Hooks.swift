import Wire

/// Hooks: where a project's events are posted to.
extension AdminCommand {
    func hook(_ words: [String]) throws {
        let path = "/api/v1/hooks"
        switch (words.first, words.count) {
        case ("list", 2):
            let ofProject = "/api/v1/projects/\(try projectID(words[1]))/hooks"
            output.list(
                try client.items(ofProject, limit: limit),
                [
                    .init("ID", "id"), .init("URL", "url"), .init("EVENTS", "events"),
                    .init("ON", "enabled"), .init("WAITING", "waiting"),
                    .init("DELIVERED", "delivered"), .init("GIVEN UP", "givenUp"),
                    .init("DROPPED", "dropped"), .init("LAST ERROR", "lastError"),
                ])
        case ("show", 2): output.show(try client.get("\(path)/\(try hookID(words[1]))"))
        case ("create", 4...):
            let ofProject = "/api/v1/projects/\(try projectID(words[1]))/hooks"
            let made = try client.send(
                .post, ofProject,
                [
                    "url": .text(Text(words[2])),
                    "events": .array(words.dropFirst(3).map { .text(Text($0)) }),
                ])
            tellSecret("hook \(made["id"]?.string ?? "") is made", made)
        case ("set", 3...):
            let fields = try AdminFields.document(words.dropFirst(2))
            output.show(
                try client.send(.put, "\(path)/\(try hookID(words[1]))", .object(fields)))
        case ("secret", 2):
            let id = try hookID(words[1])
            tellSecret(
                "hook \(id) has a new secret",
                try client.send(.post, "\(path)/\(id)/secret", [:]))
        case ("ping", 2):
            let made = try client.send(.post, "\(path)/\(try hookID(words[1]))/ping", [:])
            output.done("delivery \(made["delivery"]?.string ?? "") is on its way", made)
        case ("waiting", 2):
            output.list(
                try client.items("\(path)/\(try hookID(words[1]))/deliveries", limit: limit),
                [.init("DELIVERY", "id"), .init("EVENT", "event"), .init("AT", "at")])
        case ("remove", 2):
            let id = try hookID(words[1])
            output.done(
                "hook \(id) is removed", try client.send(.delete, "\(path)/\(id)", [:]))
        default: throw AdminCommand.wrong("hook")
        }
    }

    /// Hooks have no name but their id.
    private func hookID(_ word: String) throws -> String {
        guard AdminCommand.isID(word) else {
            throw Arguments.Problem(
                description: "\(word) is no hook's id; `roundhouse hook list P` tells them")
        }
        return word
    }

    /// Tells a secret, which no node shows again.
    private func tellSecret(_ sentence: String, _ value: JSONValue) {
        let secret = value["secret"]?.string
        output.done(secret.map { "\(sentence); its secret: \($0)" } ?? sentence, value)
    }
}
