import Foundation
import HTTP
import Wire

/// `roundhouse project`, `agent`, `link`, `hook`, `session`, `customer`, `decision`, `checkup`,
/// `whatif`, `export`, `import` and `password`: an administrator's work through the REST API of any
/// node; see docs/COMMANDS.md.
public struct AdminCommand {
    /// The commands, each with what may follow.
    public static let usages: [String: String] = [
        "project": "project list|show P|create NAME BOT|set P FIELD...|members P [MEMBER...]|"
            + "pools P|desk P|webhook P [URL]",
        "agent": "agent list|show A|create LOGIN NAME|set A FIELD...|offline A",
        "hook": "hook list P|show H|create P URL EVENT...|set H FIELD...|secret H|ping H|"
            + "waiting H|remove H",
        "link": "link list|show L|create P NAME|set L FIELD...|report P",
        "session": "session list|show S|history S|claim S|transfer S A|take-over S|give-back S|"
            + "complete S|reopen S|send-file S FILE",
        "customer": "customer show P USER|erase P USER|erasures P",
        "decision": "decision list S|why S",
        "checkup": "checkup P",
        "whatif": "whatif P --from TIME [--to TIME] [FIELD...]",
        "export": "export [--to FILE]",
        "import": "import FILE [--dry-run]",
        "password": "password reset LOGIN [--new-password-file FILE]",
    ]
    /// The options beside those of `AdminSettings`.
    public static let options: Set<String> = [
        "list", "project", "limit", "from", "to", "bot-token-file", "secret-file",
        "new-password-file", "remark", "code", "hand-over", "kind", "caption",
    ]
    /// The flags.
    public static let flags: Set<String> = ["json", "dry-run", "admin", "confirm"]

    let client: AdminClient
    let output: AdminOutput
    let arguments: Arguments

    /// Does one command; gives the exit code. What is wrong is told on standard error.
    public static func run(
        _ command: String, _ arguments: Arguments, environment: [String: String]
    ) throws -> Int32 {
        if arguments.words.isEmpty, command != "export" { throw wrong(command) }
        let settings = try AdminSettings(arguments.options, environment: environment)
        do {
            let client = try AdminClient(settings)
            defer { client.close() }
            let output = AdminOutput(isJSON: arguments.flags.contains("json"))
            try AdminCommand(client: client, output: output, arguments: arguments).run(command)
            return 0
        } catch let failure as AdminFailure {
            complain("\(failure)")
            return failure.code
        }
    }

    /// Tells people what is wrong.
    static func complain(_ text: String) {
        FileHandle.standardError.write(Data("roundhouse: \(text)\n".utf8))
    }

    func run(_ command: String) throws {
        let words = arguments.words
        switch command {
        case "project": try project(words)
        case "agent": try agent(words)
        case "link": try link(words)
        case "hook": try hook(words)
        case "session": try session(words)
        case "customer": try customer(words)
        case "decision": try decision(words)
        case "checkup" where words.count == 1: try checkup(words[0])
        case "whatif" where !words.isEmpty: try whatIf(words)
        case "export" where words.isEmpty: try export()
        case "import" where words.count == 1: try importFile(words[0])
        case "password" where words.count == 2 && words[0] == "reset":
            try resetPassword(of: words[1])
        default: throw AdminCommand.wrong(command)
        }
    }

    /// What is said about words that make no command.
    static func wrong(_ command: String) -> Arguments.Problem {
        Arguments.Problem(description: "say `\(usages[command] ?? command)`")
    }

    /// The whole number of `--limit`.
    var limit: Int {
        get throws {
            guard let text = arguments.options["limit"] else { return .max }
            guard let number = Int(text), number > 0 else {
                throw Arguments.Problem(description: "--limit needs a number above 0")
            }
            return number
        }
    }

    /// A thing of a list by its id, or by one of these fields.
    func find(_ word: String, in path: String, by fields: [String]) throws -> JSONValue {
        let items = try client.items(path)
        let name = word.hasPrefix("@") ? String(word.dropFirst()) : word
        let found = items.filter { item in
            item["id"]?.string == word || fields.contains { item[$0]?.string == name }
        }
        // An id that is also somebody's name means the id.
        guard let thing = found.first(where: { $0["id"]?.string == word }) ?? found.first else {
            throw AdminFailure(
                "there is no \(word) at \(path), or you may not see it", code: EX_NOINPUT)
        }
        guard found.count == 1 || thing["id"]?.string == word else {
            throw AdminFailure("\(word) names \(found.count) things; say its id", code: EX_DATAERR)
        }
        return thing
    }

    /// Whether a word is digits alone.
    static func isID(_ word: String) -> Bool {
        !word.isEmpty && word.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// The id of a thing that was found.
    func id(_ word: String, in path: String, by fields: [String]) throws -> String {
        if AdminCommand.isID(word) { return word }
        return try find(word, in: path, by: fields)["id"]?.string ?? ""
    }
    func projectID(_ word: String) throws -> String {
        try id(word, in: "/api/v1/projects", by: ["botUsername", "name"])
    }
    func agentID(_ word: String) throws -> String {
        try id(word, in: "/api/v1/agents", by: ["login"])
    }
}
