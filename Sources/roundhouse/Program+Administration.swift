import Foundation
import Server

/// The commands of administrators, and those that work on a node's files.
extension Program {
    static func administer(_ command: String, _ words: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(
            words, options: AdminSettings.options.union(AdminCommand.options),
            flags: AdminCommand.flags)
        return try AdminCommand.run(
            command, arguments, environment: ProcessInfo.processInfo.environment)
    }

    static func backup(_ words: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(words, options: ["config", "to"], flags: ["json"])
        guard let config = arguments.options["config"], let file = arguments.options["to"],
            arguments.words.isEmpty
        else { throw Arguments.Problem(description: "say `backup --config FILE --to FILE`") }
        return try Backup.make(
            try NodeConfiguration.read(config), to: file,
            asJSON: arguments.flags.contains("json"))
    }

    static func restore(_ words: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(words, options: ["config"], flags: ["force-new-cluster"])
        guard let config = arguments.options["config"], arguments.words.count == 1 else {
            throw Arguments.Problem(
                description: "say `restore BACKUP --config FILE [--force-new-cluster]`")
        }
        return try Backup.restore(
            arguments.words[0], try NodeConfiguration.read(config),
            isForced: arguments.flags.contains("force-new-cluster"))
    }
}
