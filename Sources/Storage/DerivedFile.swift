import Synchronization

/// A connection to a file that is made from others, and so is worth no more than the time that it
/// takes to make it anew.
protocol DerivedConnection: Sendable {
    /// Opens the file, or makes it.
    static func open(
        _ path: String, identity: StoreIdentity, options: StoreOptions
    ) throws(StorageError) -> Self
    /// Closes the connection.
    func close()
    /// Moves the WAL into the file when it has more pages.
    func checkpoint(beyond pages: Int) throws(StorageError)
}

/// A derived file behind a lock: opened, or made, when it is first needed, and deleted when it does
/// not read. Usable from any thread.
final class DerivedFile<Connection: DerivedConnection>: Sendable {
    /// Where it is.
    let path: String
    private let identity: StoreIdentity
    private let options: StoreOptions
    private let connection = Mutex<Connection?>(nil)

    init(path: String, identity: StoreIdentity, options: StoreOptions) {
        self.path = path
        self.identity = identity
        self.options = options
    }

    /// With more pages in the WAL they are moved into the file.
    private static var checkpointPages: Int { 1_024 }

    /// Does something with the file. After an error, unless the disk is full, it is gone.
    func use<Value: Sendable>(
        _ body: (inout Connection) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        let result: Result<Value, StorageError> = connection.withLock { connection in
            do throws(StorageError) {
                if connection == nil { connection = try opened() }
                return .success(try body(&connection!))
            } catch {
                if error.kind != .full { forget(&connection) }
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Writes to the file, and keeps its WAL short.
    func write(
        _ body: (inout Connection) throws(StorageError) -> Void
    ) throws(StorageError) {
        try use { (connection) throws(StorageError) in
            try body(&connection)
            try connection.checkpoint(beyond: Self.checkpointPages)
        }
    }

    /// Closes the file; it is opened again when it is needed.
    func close() {
        connection.withLock { connection in
            connection?.close()
            connection = nil
        }
    }

    /// Deletes the file, to be made anew.
    func forget() { connection.withLock { forget(&$0) } }

    private func forget(_ connection: inout Connection?) {
        connection?.close()
        connection = nil
        removeFile(path)
    }

    private func opened() throws(StorageError) -> Connection {
        do throws(StorageError) {
            return try Connection.open(path, identity: identity, options: options)
        } catch {
            guard error.kind != .full else { throw error }
            removeFile(path)
            return try Connection.open(path, identity: identity, options: options)
        }
    }
}
