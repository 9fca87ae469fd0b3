/// How a store's connections are set up; tests change it to provoke failures.
package struct StoreOptions: Sendable {
    /// The name of a registered SQLite VFS; nil is the system's.
    package var vfs: String?
    /// The greatest number of pages; beyond it writing fails with `.full`.
    package var maxPages: Int?
    /// The page cache of the writing connection, in KiB.
    package var cacheKiB: Int
    /// PRAGMA synchronous: 1 is NORMAL, 2 is FULL.
    package var synchronous: Int
    /// Whether what is deleted or replaced is overwritten with zeros in the file.
    package var wipes: Bool
    /// Options of these parts.
    package init(
        vfs: String? = nil, maxPages: Int? = nil, cacheKiB: Int, synchronous: Int,
        wipes: Bool = false
    ) {
        self.vfs = vfs
        self.maxPages = maxPages
        self.cacheKiB = cacheKiB
        self.synchronous = synchronous
        self.wipes = wipes
    }
    /// Of log.db: what is written must be durable.
    package static let log = StoreOptions(cacheKiB: 4_096, synchronous: 2)
    /// Of state.db: may be a little old after a power cut, for the log replays the rest. What a
    /// customer wrote must not stay in it when the row says nothing of it any more.
    package static let state = StoreOptions(cacheKiB: 32_768, synchronous: 1, wipes: true)
    /// Of spool.db: survives the process at once, a power cut from the next checkpoint on.
    package static let spool = StoreOptions(cacheKiB: 4_096, synchronous: 1)
    /// Of search.db: may be old after a power cut, and can be made anew.
    package static let search = StoreOptions(cacheKiB: 8_192, synchronous: 1)
    /// Of journal.db: may be old after a power cut, for the log has the rest.
    package static let journal = StoreOptions(cacheKiB: 4_096, synchronous: 1)
}
