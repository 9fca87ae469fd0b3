import Glibc

/// The names in a data directory. Beside log.db, spool.db and `lock` there is one state file in
/// force: state.db, or `state-INDEX.db` since a snapshot was installed. `staged-` before its name
/// means that it is about to be; `incoming` and `outgoing` are snapshots on their way.
extension DataDirectory {
    private static let sideEnds = ["-wal", "-shm", "-journal"]
    private static let staged = "staged-"
    private static let passing = ["incoming", "outgoing", "staged-"]

    /// The name of the file in which a snapshot from another node is gathered.
    public static let incomingName = "incoming.db"
    /// Where that is.
    public var incomingPath: String { path + "/" + DataDirectory.incomingName }

    /// Where a copy for other nodes is made; each number is another file.
    public func outgoingPath(_ number: UInt64) -> String { path + "/outgoing-\(number).db" }

    /// The state file in force.
    public func statePath(_ record: StateRecord?) -> String {
        record.map { path + "/" + $0.file } ?? statePath
    }

    /// Whether this is how a state file is called.
    static func isStateFile(_ name: String) -> Bool {
        guard name.hasPrefix("state"), name.hasSuffix(".db") else { return false }
        let middle = name.utf8.dropFirst(5).dropLast(3)
        return middle.isEmpty
            || middle.first == UInt8(ascii: "-") && middle.count > 1
                && middle.allSatisfy { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
    }

    /// A name for the state file of a snapshot that was not used before in this directory.
    func newStateFile(_ index: UInt64) throws(StorageError) -> String {
        let taken = Set(try names())
        var number = 1
        while true {
            let name = number == 1 ? "state-\(index).db" : "state-\(index)-\(number).db"
            if !taken.contains(where: { $0.hasPrefix(name) }) { return name }
            number += 1
        }
    }

    /// Where the file of this name waits until log.db says that it is in force.
    func stagedPath(_ name: String) -> String { path + "/" + DataDirectory.staged + name }

    /// Gives a staged file its own name, if log.db says that it is in force and a crash came
    /// between the two.
    func finishInstall(_ record: StateRecord?) throws(StorageError) {
        guard let record else { return }
        let (from, to) = (stagedPath(record.file), statePath(record))
        guard access(to, F_OK) != 0, access(from, F_OK) == 0 else { return }
        try renameFile(from, to)
        try syncDirectory(of: to)
    }

    /// State files that are in force no more.
    func otherStateFiles(_ record: StateRecord?) throws(StorageError) -> [String] {
        let current = record?.file ?? "state.db"
        return try names().filter { DataDirectory.isStateFile($0) && $0 != current }
            .sorted().map { path + "/" + $0 }
    }

    /// Deletes what a start has no use for: state files that are in force no more and snapshots
    /// that were on their way. No connection to any of them may be open.
    func removeStale(_ record: StateRecord?) throws(StorageError) {
        for file in try otherStateFiles(record) { removeFile(file) }
        for name in try names() where DataDirectory.passing.contains(where: name.hasPrefix) {
            unlink(path + "/" + name)
        }
    }

    /// Puts a state file that can't be trusted aside, so that nothing takes it for one again; the
    /// one put aside before is overwritten.
    public func putAside(_ stateFile: String) throws(StorageError) {
        guard access(stateFile, F_OK) == 0 else { return }
        // Its WAL belongs to it; a reader who examines the file needs both.
        for end in [""] + DataDirectory.sideEnds {
            unlink(path + "/bad-state.db" + end)
            if access(stateFile + end, F_OK) == 0 {
                try renameFile(stateFile + end, path + "/bad-state.db" + end)
            }
        }
        try syncDirectory(of: stateFile)
    }

    /// Every name in the directory.
    func names() throws(StorageError) -> [String] {
        guard let stream = opendir(path) else { throw systemError(path, "listing") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

/// Renames a file; the directory is not synced.
func renameFile(_ from: String, _ to: String) throws(StorageError) {
    guard rename(from, to) == 0 else { throw systemError(from, "renaming to \(to)") }
}

/// Makes a file's contents durable.
func syncFile(_ path: String) throws(StorageError) {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw systemError(path, "opening") }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw systemError(path, "syncing") }
}

/// Deletes a database with what belongs to it, as far as it is there. What can't be deleted is
/// tried again at the next start.
public func removeFile(_ path: String) {
    for end in ["-wal", "-shm", "-journal", ""] { unlink(path + end) }
}
