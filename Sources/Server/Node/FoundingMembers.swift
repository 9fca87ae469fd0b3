import Foundation
import Raft

/// With whom this node started the first time, kept beside its log: nodes that count different
/// majorities could elect two leaders. Once the log or state.db tells the members, only they count.
enum FoundingMembers {
    private static let joining = "joining"

    /// The configuration to start with as long as the node's own files tell no newer one.
    ///
    /// At the first start the file in the data directory is made; later, as long as
    /// `isPinned`, other members than then are refused.
    static func configuration(
        of settings: NodeConfiguration, isPinned: Bool
    ) throws(ConfigurationError) -> Configuration {
        let members =
            settings.members.isEmpty ? [settings.node] : settings.members.keys.sorted()
        let listed = Configuration(founding: members, at: settings.members)
        let file = settings.dataDirectory + "/members"
        let text = members.map { "\($0)" }.joined(separator: " ")
        guard let data = FileManager.default.contents(atPath: file) else {
            let isJoining = !settings.join.isEmpty
            try DurableFile.write((isJoining ? joining : text) + "\n", to: file)
            return isJoining ? Configuration(voters: []) : listed
        }
        let founding = String(decoding: data, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        if founding == joining { return Configuration(voters: []) }
        guard founding == text || !isPinned else {
            throw ConfigurationError(
                file: file, path: "$.members",
                detail: "this node was founded with the members \(founding), the configuration "
                    + "lists \(text); the members of a running cluster are changed with "
                    + "`roundhouse members`")
        }
        return listed
    }
}
