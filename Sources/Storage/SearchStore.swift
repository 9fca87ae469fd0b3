import Routing
import Synchronization
import Wire

/// search.db: the words of what was written in sessions, for finding it again. Made from state.db
/// by its `SearchIndexer`, and anew whenever it is gone or does not read. Usable from any thread.
public final class SearchStore: Sendable {
    /// The file.
    public let path: String
    private let identity: StoreIdentity
    private let file = Mutex<SearchFile?>(nil)

    /// A store at a path; the file is opened, or made, when it is first needed.
    public init(path: String, identity: StoreIdentity) {
        self.path = path
        self.identity = identity
    }

    /// The texts that have all words of a question, newest first, before the name of a hit and
    /// written in a span of time; nil if the question has no words. A file that does not read is
    /// made anew, and finds nothing at first.
    public func find(
        _ question: Text, before: Int64, at span: Range<Int64>, limit: Int
    ) throws(StorageError) -> [SearchHit]? {
        guard let query = SearchWords.query(question) else { return nil }
        return try withFile { (file) throws(StorageError) in
            try file.find(query, before: before, at: span, limit: limit)
        }
    }

    /// Every text of entries up to this log index is found.
    public func index() throws(StorageError) -> UInt64 {
        try withFile { (file) throws(StorageError) in file.progress.index }
    }

    /// Forgets everything, to be made anew.
    public func rebuild() {
        file.withLock { file in
            file?.close()
            file = nil
            removeFile(path)
        }
    }

    /// Closes the file; it is opened again when it is needed.
    func close() {
        file.withLock { file in
            file?.close()
            file = nil
        }
    }

    /// Where reading goes on in state.db's file of this stamp, which has applied this index. A file
    /// that is another one, or went back in time, is read anew from its first row: what is known
    /// already is passed over.
    func place(in stamp: Text, applied: UInt64) throws(StorageError) -> SearchFile.Progress {
        let known = try withFile { (file) throws(StorageError) in file.progress }
        if known.stamp == stamp, known.index <= applied { return known }
        return SearchFile.Progress(stamp: stamp)
    }

    /// Takes a batch of texts.
    func add(
        _ batch: [(session: Int64, ordinal: Int64, item: SearchItem)],
        _ progress: SearchFile.Progress
    ) throws(StorageError) {
        try withFile { (file) throws(StorageError) in
            try file.add(batch, progress)
            try file.checkpoint(beyond: SearchStore.checkpointPages)
        }
    }

    /// With more pages in the WAL they are moved into the file.
    private static let checkpointPages = 1_024

    private func withFile<Value: Sendable>(
        _ body: (inout SearchFile) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        let result: Result<Value, StorageError> = file.withLock { file in
            do throws(StorageError) {
                if file == nil { file = try opened() }
                return .success(try body(&file!))
            } catch {
                if error.kind != .full {
                    file?.close()
                    file = nil
                    removeFile(path)
                }
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func opened() throws(StorageError) -> SearchFile {
        do throws(StorageError) {
            return try SearchFile.open(path, identity: identity, options: .search)
        } catch {
            guard error.kind != .full else { throw error }
            removeFile(path)
            return try SearchFile.open(path, identity: identity, options: .search)
        }
    }
}
