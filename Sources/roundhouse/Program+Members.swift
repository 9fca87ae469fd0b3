import Server

/// The commands about who takes part.
extension Program {
    /// How long `members add --wait` waits for the new member's vote.
    private static let waitSeconds = 600

    static func members(_ words: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(
            words, options: ["config", "operations"], flags: ["json", "wait"])
        let command = try command(arguments)
        let words = arguments.words
        switch (words.first, words.count) {
        case ("list", 1): return command.list(asJSON: arguments.flags.contains("json"))
        case ("add", 3):
            let node = try number(words[1])
            let code = try command.run(.add(node: node, peer: words[2]))
            guard code == 0, arguments.flags.contains("wait") else { return code }
            return command.waitForVote(of: node, seconds: waitSeconds)
        case ("remove", 2): return try command.run(.remove(node: try number(words[1])))
        default:
            throw Arguments.Problem(
                description: "say `members list`, `members add N ADDRESS` or `members remove N`")
        }
    }

    static func transfer(_ words: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(words, options: ["config", "operations", "to"], flags: [])
        guard arguments.words.isEmpty else {
            throw Arguments.Problem(description: "transfer takes no further words")
        }
        let target = try arguments.options["to"].map(number)
        return try command(arguments).run(.transfer(to: target))
    }

    static func level(_ words: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(words, options: ["config", "operations", "to"], flags: [])
        let target = try arguments.options["to"].map(number)
        switch arguments.words {
        case [] where target == nil: return try command(arguments).showLevel()
        case ["raise"]:
            return try command(arguments).run(.raiseLevel(to: target.map { UInt32(clamping: $0) }))
        default:
            throw Arguments.Problem(description: "say `level` or `level raise [--to N]`")
        }
    }

    static func resetPassword(_ words: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(
            words, options: ["config", "operations", "new-password-file"], flags: [])
        guard arguments.words.count == 1 else {
            throw Arguments.Problem(
                description: "say `reset-password LOGIN --config FILE [--new-password-file FILE]`")
        }
        return try PasswordReset.run(
            arguments.words[0], passwordFile: arguments.options["new-password-file"],
            try command(arguments))
    }

    static func join(_ words: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(words, options: ["config"], flags: [])
        guard let file = arguments.options["config"], !arguments.words.isEmpty else {
            throw Arguments.Problem(
                description: "say `join --config FILE ADDRESS...` with peer addresses of members")
        }
        let configuration = try NodeConfiguration.read(file).joining(arguments.words)
        return try Roundhouse.serve(configuration, configurationFile: file)
    }

    static func recover(_ words: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(words, options: ["config"], flags: ["force-new-cluster"])
        guard let file = arguments.options["config"], arguments.words.isEmpty else {
            throw Arguments.Problem(description: "say `recover --config FILE`")
        }
        return try ForcedRecovery.run(
            try NodeConfiguration.read(file),
            isForced: arguments.flags.contains("force-new-cluster"))
    }

    private static func command(_ arguments: Arguments) throws -> OperatorCommand {
        guard let file = arguments.options["config"] else {
            throw Arguments.Problem(
                description: "--config FILE is needed: its key file proves who asks")
        }
        return try OperatorCommand(
            try NodeConfiguration.read(file), operations: arguments.options["operations"])
    }

    private static func number(_ word: String) throws -> UInt64 {
        guard let number = UInt64(word), number > 0 else {
            throw Arguments.Problem(description: "\(word) is no node's number")
        }
        return number
    }
}
