import Foundation
import Glibc
import Raft

/// The members that this node started with the first time, kept beside its log: nodes that count
/// different majorities could elect two leaders, so another list is refused.
enum FoundingMembers {
    /// Compares with the file in the data directory; makes it at the first start.
    static func check(_ members: [NodeID], in directory: String) throws(ConfigurationError) {
        let file = directory + "/members"
        let text = members.sorted().map { "\($0)" }.joined(separator: " ") + "\n"
        if let data = FileManager.default.contents(atPath: file) {
            let founding = String(decoding: data, as: UTF8.self)
            guard founding == text else {
                throw ConfigurationError(
                    file: file, path: "$.members",
                    detail: "this node was founded with the members "
                        + founding.trimmingCharacters(in: .whitespacesAndNewlines)
                        + ", the configuration lists " + text.dropLast()
                        + "; members can't be changed yet")
            }
            return
        }
        try write(text, to: file, in: directory)
    }

    /// Written under another name, synced, and renamed, so that it is whole or not there.
    private static func write(
        _ text: String, to file: String, in directory: String
    ) throws(ConfigurationError) {
        let bytes = Array(text.utf8)
        let draft = file + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var isDone = false
        if descriptor >= 0 {
            isDone = Glibc.write(descriptor, bytes, bytes.count) == bytes.count
            isDone = fsync(descriptor) == 0 && isDone
            close(descriptor)
            isDone = isDone && rename(draft, file) == 0
        }
        let parent = open(directory, O_RDONLY | O_DIRECTORY)
        if parent >= 0 {
            isDone = fsync(parent) == 0 && isDone
            close(parent)
        }
        guard isDone, parent >= 0 else {
            throw ConfigurationError(
                file: file, path: "",
                detail: "can't be written: \(String(cString: strerror(errno)))")
        }
    }
}
