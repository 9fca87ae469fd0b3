import Glibc

/// A node's data directory, held by this process alone until the value is released.
public final class DataDirectory: Sendable {
    /// The directory.
    public let path: String
    /// The Raft log's file.
    public var logPath: String { path + "/log.db" }
    /// The applied rows' file.
    public var statePath: String { path + "/state.db" }
    /// The click spool's file.
    public var spoolPath: String { path + "/spool.db" }
    /// The search index's file.
    public var searchPath: String { path + "/search.db" }
    /// The routing journal's file.
    public var journalPath: String { path + "/journal.db" }
    private let descriptor: Int32

    /// Makes the directory where it is missing (mode 0700, parent synced) and locks it.
    /// Throws `.locked`, naming the holder, when another process has it.
    ///
    /// The lock is on `lock` in the directory and belongs to the open file, so it ends with the
    /// process, however that ends. Network file systems may not keep it.
    public static func open(_ path: String) throws(StorageError) -> DataDirectory {
        try makeDirectories(path)
        let lockPath = path + "/lock"
        let descriptor = Glibc.open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw systemError(lockPath, "opening the lock") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            defer { Glibc.close(descriptor) }
            guard errno == EWOULDBLOCK else { throw systemError(lockPath, "locking") }
            var buffer = [UInt8](repeating: 0, count: 32)
            let count = Glibc.pread(descriptor, &buffer, buffer.count, 0)
            let digits = buffer.prefix(max(0, count)).filter { $0 >= 0x30 && $0 <= 0x39 }
            let holder = digits.isEmpty ? "" : " (\(String(decoding: digits, as: UTF8.self)))"
            throw StorageError(
                .locked, file: path, "another process\(holder) is using this data directory")
        }
        let number = Array("\(getpid())\n".utf8)
        // Only for the message above: a lock without the number still holds.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, number, number.count, 0) }
        return DataDirectory(path: path, descriptor: descriptor)
    }

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { Glibc.close(descriptor) }
}

/// Makes a directory and its missing parents, syncing the parent of each one made.
private func makeDirectories(_ path: String) throws(StorageError) {
    if mkdir(path, 0o700) == 0 { return try syncDirectory(of: path) }
    if errno == ENOENT {
        let parent = parentDirectory(of: path)
        if parent != path {
            try makeDirectories(parent)
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
                throw systemError(path, "making the directory")
            }
            return try syncDirectory(of: path)
        }
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw StorageError(.inputOutput, file: path, "can't be made a directory")
    }
}

/// The directory that holds a file, by its path alone.
func parentDirectory(of path: String) -> String {
    var bytes = Array(path.utf8)
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == 0 ? "/" : String(decoding: bytes[0..<slash], as: UTF8.self)
}

/// Makes the name of a new file durable.
func syncDirectory(of file: String) throws(StorageError) {
    let parent = parentDirectory(of: file)
    let descriptor = Glibc.open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw systemError(parent, "opening the directory") }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw systemError(parent, "syncing the directory") }
}

/// The failure that `errno` tells.
func systemError(_ file: String, _ what: String) -> StorageError {
    let code = errno
    let kind: StorageError.Kind = code == ENOSPC || code == EDQUOT ? .full : .inputOutput
    return StorageError(kind, file: file, "\(what): \(String(cString: strerror(code)))")
}
