import Crypto
import Glibc
import Storage

/// A snapshot's file, read or written in parts. Any thread; calls don't wait for each other.
final class SnapshotFile: Sendable {
    /// Where it is.
    let path: String
    private let descriptor: Int32
    private static let hashStep = 1 << 20

    /// Opens a file that is there.
    static func open(_ path: String) throws(StorageError) -> SnapshotFile {
        try SnapshotFile(path, O_RDONLY)
    }
    /// Makes a file, empty.
    static func make(_ path: String) throws(StorageError) -> SnapshotFile {
        try SnapshotFile(path, O_RDWR | O_CREAT | O_TRUNC)
    }

    private init(_ path: String, _ flags: Int32) throws(StorageError) {
        self.path = path
        descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SnapshotFile.error(path, "opening") }
    }
    deinit { close(descriptor) }

    /// How long the file at a path is; nil when it can't be told. Without opening it: to close any
    /// descriptor of a database in this process drops SQLite's locks on it.
    static func size(at path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_size) : nil
    }

    /// How long it is.
    func size() throws(StorageError) -> UInt64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SnapshotFile.error(path, "examining") }
        return UInt64(status.st_size)
    }

    /// The bytes from an offset on, as many as asked for unless the file ends before.
    func read(at offset: UInt64, count: Int) throws(StorageError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let step = bytes.withUnsafeMutableBytes { buffer in
                pread(
                    descriptor, buffer.baseAddress! + done, count - done,
                    off_t(offset) + off_t(done))
            }
            if step < 0, errno == EINTR { continue }
            guard step >= 0 else { throw SnapshotFile.error(path, "reading") }
            if step == 0 { break }
            done += step
        }
        bytes.removeLast(count - done)
        return bytes
    }

    /// Writes bytes at an offset.
    func write(_ bytes: [UInt8], at offset: UInt64) throws(StorageError) {
        var done = 0
        while done < bytes.count {
            let step = bytes.withUnsafeBytes { buffer in
                pwrite(
                    descriptor, buffer.baseAddress! + done, bytes.count - done,
                    off_t(offset) + off_t(done))
            }
            if step < 0, errno == EINTR { continue }
            guard step > 0 else { throw SnapshotFile.error(path, "writing") }
            done += step
        }
    }

    /// Makes what was written durable.
    func sync() throws(StorageError) {
        guard fdatasync(descriptor) == 0 else { throw SnapshotFile.error(path, "syncing") }
    }

    /// SHA-256 of all of it.
    func hash() throws(StorageError) -> [UInt8] {
        let stream = SHA256Stream()
        var offset: UInt64 = 0
        while true {
            let bytes = try read(at: offset, count: SnapshotFile.hashStep)
            if bytes.isEmpty { return stream.finish() }
            bytes.withUnsafeBytes { stream.add($0) }
            offset += UInt64(bytes.count)
        }
    }

    private static func error(_ path: String, _ what: String) -> StorageError {
        let code = errno
        let kind: StorageError.Kind = code == ENOSPC || code == EDQUOT ? .full : .inputOutput
        return StorageError(kind, file: path, "\(what): \(String(cString: strerror(code)))")
    }
}
