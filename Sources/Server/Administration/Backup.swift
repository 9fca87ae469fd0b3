import Crypto
import Foundation
import Raft
import Replica
import Routing
import Storage
import Wire

/// `roundhouse backup` and `restore`: a copy of what a node has applied, in one file, and a data
/// directory made out of it. Both work on files; no node is asked, and one that runs goes on.
public enum Backup {
    /// The end of the name of the file with a copy's hash, as sha256sum writes and checks it.
    static let hashEnd = ".sha256"

    /// Copies the rows of the node of this configuration; gives the exit code.
    public static func make(
        _ configuration: NodeConfiguration, to file: String, asJSON: Bool
    ) throws(Roundhouse.StartFailure) -> Int32 {
        try reporting {
            umask(0o077)
            let mark = try StateBackup.make(of: configuration.dataDirectory, to: file)
            let copy = try SnapshotFile.open(file)
            let hash = Hex.string(try copy.hash())
            let name = file.split(separator: "/").last.map(String.init) ?? file
            try Data("\(hash)  \(name)\n".utf8).write(
                to: URL(fileURLWithPath: file + hashEnd), options: .atomic)
            let time = Replica.Mark.Meta(mark.meta)?.time.text ?? "not known"
            let bytes = try copy.size()
            AdminOutput(isJSON: asJSON).show([
                "file": .text(Text(file)), "bytes": .int(Int64(clamping: bytes)),
                "sha256": .text(Text(hash)), "cluster": .text(configuration.cluster),
                "node": .int(Int64(clamping: configuration.node.rawValue)),
                "index": .int(Int64(clamping: mark.index.rawValue)),
                "term": .int(Int64(clamping: mark.term.rawValue)), "logTime": .text(Text(time)),
            ])
            return 0
        }
    }

    /// Tells what a copy has and what its restoration loses; with `isForced` it makes the data
    /// directory of this configuration out of it. Gives the exit code: 0 done, 75 when it was only
    /// told.
    public static func restore(
        _ file: String, _ configuration: NodeConfiguration, isForced: Bool
    ) throws(Roundhouse.StartFailure) -> Int32 {
        try reporting {
            let isHashed = try compareHash(of: file)
            let mark = try StateBackup.examine(file)
            guard let meta = Replica.Mark.Meta(mark.meta), let members = meta.members else {
                throw Roundhouse.StartFailure(
                    description: "\(file) does not tell who its cluster's members were", code: 74)
            }
            try refuseData(configuration.dataDirectory)
            let id = configuration.node
            let highest = members.configuration.highestUsed
            guard members.configuration.contains(id) || id > highest else {
                throw Roundhouse.StartFailure(
                    description: "node \(id) was removed from this cluster; take the number of a "
                        + "member, or one above \(highest)", code: 78)
            }
            report(file, configuration, mark, meta, isHashed: isHashed)
            guard isForced else {
                print(
                    "Nothing was changed. If that is what you want, and no node of the old cluster "
                        + "will ever run again, repeat it with --force-new-cluster.")
                return 75
            }
            try install(file, configuration, members.configuration)
            return 0
        }
    }

    private static func install(
        _ file: String, _ configuration: NodeConfiguration, _ members: Configuration
    ) throws {
        umask(0o077)
        let id = configuration.node
        let directory = try DataDirectory.open(configuration.dataDirectory)
        let (log, mark) = try StateBackup.restore(
            file, into: directory, identity: Stores.identity(configuration),
            decodeConfiguration: Replica.decodeConfiguration)
        defer { log.close() }
        let own = configuration.members[id] ?? configuration.peerListen
        let address = own.map { Configuration.Address(id: id, bytes: Array("\($0)".utf8)) }
        let alone = Configuration(
            voters: [id], addresses: address.map { [$0] } ?? [],
            highestUsed: max(members.highestUsed, id))
        let (term, index) = (mark.term.next, mark.index.next)
        try log.write([
            Persist(
                id: 1, hardState: HardState(term: term, votedFor: nil),
                entries: [
                    Entry(index: index, term: term, kind: .configuration, payload: alone.encoded)
                ])
        ])
        print(
            """
            Done: \(configuration.dataDirectory) holds the rows of the backup, and entry \(index) of
            term \(term) says that node \(id) is the only member. Start it, then let others join
            as new nodes: empty directories, numbers above \(alone.highestUsed).
            """)
    }

    /// Compares a copy with the hash beside it; false when there is none.
    private static func compareHash(of file: String) throws -> Bool {
        guard let data = FileManager.default.contents(atPath: file + hashEnd) else { return false }
        let told = String(decoding: data, as: UTF8.self).prefix { !$0.isWhitespace }
        let hash = Hex.string(try SnapshotFile.open(file).hash())
        guard hash == told else {
            throw Roundhouse.StartFailure(
                description: "\(file) is not what was backed up: its SHA-256 is \(hash), "
                    + "\(file)\(hashEnd) says \(told)", code: 74)
        }
        return true
    }

    private static func refuseData(_ path: String) throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        if let found = names.sorted().first(where: { $0.contains(".db") }) {
            throw Roundhouse.StartFailure(
                description: "\(path) holds \(found); a backup is restored into an empty "
                    + "directory: move the old one away and keep it", code: 74)
        }
    }

    private static func report(
        _ file: String, _ configuration: NodeConfiguration, _ mark: AppliedMark,
        _ meta: Replica.Mark.Meta, isHashed: Bool
    ) {
        let members = meta.members?.configuration.members.map { "\($0)" } ?? []
        print(
            """
            \(file)
              applied up to:       \(mark.index) of term \(mark.term), log time \(meta.time.text)
              members then:        \(members.joined(separator: " "))
              SHA-256:             \(isHashed ? "as beside the file" : "nothing to compare with")

            Restoring makes \(configuration.dataDirectory) out of it, with node
            \(configuration.node) as the only member. What is lost or changed by that:
              - whatever happened after that log time: sessions, messages, settings, sign-ins.
                Telegram sends nothing again that it got an answer for.
              - clicks that were answered and not in the log yet.
              - messages that waited then are sent now, also those that were sent since: customers
                may get them twice. Those that were being sent become `uncertain`.
              - no node of the old cluster may ever start again with its old files: two clusters
                would both think that they are this one.
              - it needs the same cluster key: without it tokens and secrets can't be read.
            """)
    }

    private static func reporting(
        _ body: () throws -> Int32
    ) throws(Roundhouse.StartFailure) -> Int32 {
        do {
            return try body()
        } catch let failure as Roundhouse.StartFailure {
            throw failure
        } catch let error as StorageError {
            throw Roundhouse.StartFailure(description: error.description, code: 74)
        } catch {
            throw Roundhouse.StartFailure(description: "\(error)", code: 70)
        }
    }
}
