import Glibc

/// How much room a file system has.
public enum DiskRoom {
    /// Bytes that this process may still write where a path lies; nil when it can't be told.
    public static func free(at path: String) -> UInt64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }
}

/// A file of nothing that keeps room on the disk for what must still be written when others have
/// filled it: term and vote, the rows of what was applied, the cut of the log. Any thread, one at a
/// time; calls may take as long as the disk does.
public final class DiskReserve: Sendable {
    /// The name of the file in the data directory.
    public static let name = "reserve"

    /// Where it is.
    public let path: String
    /// How many bytes it is to hold.
    public let size: UInt64

    /// A reserve in a data directory; nothing is made yet.
    public init(in directory: DataDirectory, size: UInt64) {
        path = directory.path + "/" + DiskReserve.name
        self.size = size
    }

    /// Bytes that the file holds on the disk now, its blocks counted.
    public var held: UInt64 {
        var status = stat()
        guard stat(path, &status) == 0 else { return 0 }
        return min(UInt64(status.st_blocks) * 512, size)
    }

    /// Takes the room. Throws `.full` when there is not enough; nothing is kept then.
    public func make() throws(StorageError) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw systemError(path, "making the reserve") }
        defer { Glibc.close(descriptor) }
        // Gives its error as its value; errno may be another one.
        let code = posix_fallocate(descriptor, 0, off_t(size))
        guard code == 0, ftruncate(descriptor, off_t(size)) == 0 else {
            if code != 0 { errno = code }
            let error = systemError(path, "making the reserve")
            release()
            throw error
        }
    }

    /// Gives the room back.
    public func release() { unlink(path) }

    /// Opening the files needs some room: with less than this at a start the reserve goes first.
    static let startBytes: UInt64 = 8 << 20

    /// Releases the reserve of a directory on whose disk a start would find no room.
    public static func releaseIfTight(in directory: DataDirectory) {
        guard let free = DiskRoom.free(at: directory.path), free < startBytes else { return }
        unlink(directory.path + "/" + name)
    }
}
