import Foundation
import Raft
import Replica
import Routing
import Storage
import Wire

/// `roundhouse recover`: makes the node of one data directory the only member of its cluster, after
/// a majority is gone for good. Never automatic: it gives up what only the others knew.
public enum ForcedRecovery {
    /// Tells what is there and what may be lost; with `isForced` it does it. Gives the exit code: 0
    /// done, 75 when it was only told. Throws when the files can't be trusted or a node runs.
    public static func run(
        _ configuration: NodeConfiguration, isForced: Bool
    ) throws(Roundhouse.StartFailure) -> Int32 {
        do {
            return try recover(configuration, isForced: isForced)
        } catch let error as StorageError {
            throw Roundhouse.StartFailure(description: error.description, code: 74)
        } catch {
            throw Roundhouse.StartFailure(description: "\(error)", code: 70)
        }
    }

    private static func recover(
        _ configuration: NodeConfiguration, isForced: Bool
    ) throws -> Int32 {
        guard FileManager.default.fileExists(atPath: configuration.dataDirectory + "/log.db") else {
            throw Roundhouse.StartFailure(
                description: "\(configuration.dataDirectory) holds no node's data; recover works "
                    + "on the directory of a node that survived", code: 74)
        }
        // Locks the directory: a node that runs has it, and this ends here.
        let directory = try DataDirectory.open(configuration.dataDirectory)
        let found = try Stores.find(directory, configuration)
        defer { found.close() }
        let id = configuration.node
        let members = newestMembers(found)
        guard members.contains(id) else {
            throw Roundhouse.StartFailure(
                description: "node \(id) is no member by its own log; it can't be recovered",
                code: 74)
        }
        report(found, members, id)
        guard isForced else {
            print(
                "Nothing was changed. If the others are gone for good, and no other survivor's "
                    + "last entry is newer than this one's, run it again with "
                    + "--force-new-cluster.")
            return 75
        }
        let alone = Configuration(
            voters: [id], addresses: members.addresses.filter { $0.id == id },
            highestUsed: members.highestUsed)
        let term = found.stored.hardState.term.next
        let index = found.stored.last.index.next
        try found.log.write([
            Persist(
                id: 1, hardState: HardState(term: term, votedFor: nil),
                entries: [
                    Entry(index: index, term: term, kind: .configuration, payload: alone.encoded)
                ])
        ])
        print(
            """
            Done: entry \(index) of term \(term) says that node \(id) is the only member. Start it,
            then let the others join as new nodes: empty directories, numbers above \
            \(members.highestUsed).
            """)
        return 0
    }

    /// Who takes part, as far as this directory knows.
    private static func newestMembers(_ found: Stores.Found) -> Configuration {
        found.stored.configuration?.configuration
            ?? Replica.Mark.Meta(found.state.applied.meta)?.members?.configuration
            ?? Configuration(voters: [])
    }

    private static func report(_ found: Stores.Found, _ members: Configuration, _ id: NodeID) {
        let applied = found.state.applied
        let time = Replica.Mark.Meta(applied.meta)?.time ?? LogTime(milliseconds: 0)
        let others = members.members.filter { $0 != id }.map { "\($0)" }
            .joined(separator: ", ")
        print(
            """
            Node \(id) in \(found.directory.path)
              members by its log:  \(members.members.map { "\($0)" }.joined(separator: " "))
              last entry:          \(found.stored.last.index) of term \(found.stored.last.term)
              applied up to:       \(applied.index), log time \(time.text)

            Recovery makes it the only member. What may be lost or changed by that:
              - whatever was acknowledged and is not in this node's log: everything after its last
                entry, however much that is. Telegram sends unacknowledged updates again; what it
                got an answer for it does not.
              - entries at the end of this log that were never acknowledged become part of it.
              - messages that a lost leader was sending become `uncertain`.
              - the others (\(others.isEmpty ? "none" : others)) must never start again with
                their old files: two clusters would both think that they are this one.
            """)
    }
}
