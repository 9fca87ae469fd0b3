import CSQLite
import Raft
import Wire

/// What kind of file it is; the raw value is stored.
enum FileKind: String {
    case log, state, spool, search, journal
}

extension Database {
    /// The version of the three files' layout.
    static let format: Int64 = 1

    /// Makes the tables of a new file in one transaction, or compares whose file this is.
    /// Returns whether it is new.
    func create(
        _ kind: FileKind, for identity: StoreIdentity, schema: [String],
        fill: () throws(StorageError) -> Void
    ) throws(StorageError) {
        let count = try prepare("SELECT count(*) FROM sqlite_schema")
        _ = try count.step()
        let isNew = count.integer(0) == 0
        count.reset()
        guard isNew else { return try compareIdentity(kind, identity) }
        try execute("BEGIN IMMEDIATE")
        do throws(StorageError) {
            try execute("CREATE TABLE identity(id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
            for sql in schema { try execute(sql) }
            let body = Database.encode(kind, identity)
            try prepare("INSERT INTO identity VALUES(1, ?)").run(1, body)
            try fill()
            try execute("COMMIT")
        } catch {
            rollBack()
            throw error
        }
        try syncDirectory(of: file)
    }

    private static func encode(_ kind: FileKind, _ identity: StoreIdentity) -> [UInt8] {
        var writer = ByteWriter()
        writer.varint(UInt64(format))
        writer.text(Text(kind.rawValue))
        writer.text(identity.cluster)
        writer.u64(identity.node.rawValue)
        writer.u32(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    /// Gives a copy of another node's file to this node; it must be of the same cluster and kind.
    func adopt(_ kind: FileKind, _ identity: StoreIdentity) throws(StorageError) {
        try compareIdentity(kind, identity, anyNode: true)
        let body = Database.encode(kind, identity)
        try prepare("UPDATE identity SET body = ? WHERE id = 1").run(1, body)
    }

    private func compareIdentity(
        _ kind: FileKind, _ identity: StoreIdentity, anyNode: Bool = false
    ) throws(StorageError) {
        let select = try prepare("SELECT body FROM identity WHERE id = 1")
        guard try select.step() else {
            throw StorageError(.corrupt, file: file, "the row of table identity is missing")
        }
        let body = select.bytes(0)
        select.reset()
        guard body != Database.encode(kind, identity) else { return }
        do {
            var reader = ByteReader(body)
            let version = try reader.varint()
            let theirKind = try reader.text()
            let cluster = try reader.text()
            let node = try reader.u64()
            let sum = CRC32C.checksum(body[0..<reader.offset])
            guard try reader.u32() == sum else { throw WireError(.truncated, offset: 0) }
            if version != UInt64(Database.format) {
                throw StorageError(
                    .unknownFormat, file: file,
                    "has format \(version); this Roundhouse knows format \(Database.format)")
            }
            let isOurs = theirKind == Text(kind.rawValue) && cluster == identity.cluster
            if anyNode, isOurs { return }
            throw StorageError(
                .foreign, file: file,
                "is the \(theirKind) file of node \(node) in cluster \"\(cluster)\", not the "
                    + "\(kind.rawValue) file of node \(identity.node) in cluster "
                    + "\"\(identity.cluster)\"")
        } catch let error as StorageError {
            throw error
        } catch {
            throw StorageError(.corrupt, file: file, "table identity, row 1 does not read")
        }
    }
}
