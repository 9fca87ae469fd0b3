import Routing
import Wire

/// search.db: the words of what was written in sessions, for finding it again. Made from state.db
/// by its `SearchIndexer`, and anew whenever it is gone or does not read. Usable from any thread.
public final class SearchStore: Sendable {
    private let file: DerivedFile<SearchFile>
    var path: String { file.path }

    /// A store at a path; the file is opened, or made, when it is first needed.
    public init(path: String, identity: StoreIdentity) {
        file = DerivedFile(path: path, identity: identity, options: .search)
    }

    /// The texts that have all words of a question, newest first, before the name of a hit and
    /// written in a span of time; nil if the question has no words. A file that does not read is
    /// made anew, and finds nothing at first.
    public func find(
        _ question: Text, before: Int64, at span: Range<Int64>, limit: Int
    ) throws(StorageError) -> [SearchHit]? {
        guard let query = SearchWords.query(question) else { return nil }
        return try file.use { (file) throws(StorageError) in
            try file.find(query, before: before, at: span, limit: limit)
        }
    }

    /// Every text of entries up to this log index is found.
    public func index() throws(StorageError) -> UInt64 {
        try file.use { (file) throws(StorageError) in file.progress.index }
    }

    /// The entry that had finished an erasure last when the file was begun; 0: none had. It has no
    /// word of what was erased up to there.
    public func erasedThrough() throws(StorageError) -> Int64 {
        try file.use { (file) throws(StorageError) in file.progress.erased }
    }

    /// Forgets everything, to be made anew.
    public func rebuild() { file.forget() }

    /// Closes the file; it is opened again when it is needed.
    func close() { file.close() }

    /// Where reading goes on in state.db's file of this stamp, which has applied this index. A file
    /// that is another one, or went back in time, is read anew from its first row: what is known
    /// already is passed over.
    ///
    /// Words can't be taken out one by one: after an erasure the file is made anew.
    func place(
        in stamp: Text, applied: UInt64, erased: Int64
    ) throws(StorageError) -> SearchFile.Progress {
        let known = try file.use { (file) throws(StorageError) in file.progress }
        guard known.erased == erased else {
            if known != SearchFile.Progress() { file.forget() }
            return SearchFile.Progress(stamp: stamp, erased: erased)
        }
        if known.stamp == stamp, known.index <= applied { return known }
        return SearchFile.Progress(stamp: stamp, erased: erased)
    }

    /// Takes a batch of texts.
    func add(
        _ batch: [(session: Int64, ordinal: Int64, item: SearchItem)],
        _ progress: SearchFile.Progress
    ) throws(StorageError) {
        try file.write { (file) throws(StorageError) in try file.add(batch, progress) }
    }
}
