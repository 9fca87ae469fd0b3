/// The memory that a node gives to agents' files: what comes in, and what waits for its turn.
/// Loop's thread only.
final class UploadRoom {
    /// Bounds of the room.
    enum Limits {
        /// Bytes of files that come in or wait at one node.
        static let bytes = 128 << 20
        /// Files that do.
        static let files = 256
    }

    /// Bytes that are spoken for.
    private(set) var bytes = 0
    /// Files that are.
    private(set) var files = 0

    /// Sets room for a file aside, until the share is let go of; nil: there is none.
    func share(of bytes: Int) -> UploadShare? {
        guard files < Limits.files, self.bytes + bytes <= Limits.bytes else { return nil }
        self.bytes += bytes
        files += 1
        return UploadShare(bytes, self)
    }

    fileprivate func give(back bytes: Int) {
        self.bytes -= bytes
        files -= 1
    }
}

/// Room for one file, given back when nobody has the share any more: also when the connection
/// that it came over ends.
final class UploadShare {
    /// How many bytes.
    let bytes: Int
    private let room: UploadRoom

    fileprivate init(_ bytes: Int, _ room: UploadRoom) {
        self.bytes = bytes
        self.room = room
    }

    deinit { room.give(back: bytes) }
}
