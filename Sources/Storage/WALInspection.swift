import Glibc

/// A look at a write-ahead log before SQLite opens it.
///
/// SQLite stops silently at the first frame whose checksum is wrong: right for a transaction that
/// a power cut tore, for that one was never acknowledged. With synchronous=FULL only the last
/// transaction can be torn, because each is synced before the next one is written. So frames of a
/// later transaction behind a bad frame mean that acknowledged data is damaged. The layout is
/// that of https://www.sqlite.org/fileformat2.html#walformat.
enum WALInspection {
    private static let headerSize = 32
    private static let frameHeaderSize = 24

    /// Throws `.corrupt` when the file's WAL holds acknowledged frames that SQLite would drop.
    /// Must run before SQLite opens the file.
    static func verifyAcknowledgedFrames(ofFile path: String) throws(StorageError) {
        let file = path + "-wal"
        let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw systemError(file, "opening")
        }
        defer { Glibc.close(descriptor) }
        var header = [UInt8](repeating: 0, count: headerSize)
        let count = try read(descriptor, &header, at: 0, file)
        // Without a whole header no frame was ever synced; the header is synced before the first.
        guard count == headerSize, header.contains(where: { $0 != 0 }) else { return }
        guard let scan = Scan(header) else {
            var one = [UInt8](repeating: 0, count: 1)
            guard try read(descriptor, &one, at: headerSize, file) == 1 else { return }
            throw StorageError(.corrupt, file: file, "the header is damaged, frames follow it")
        }
        try scan.run(descriptor, file)
    }

    private static func read(
        _ descriptor: Int32, _ buffer: inout [UInt8], at offset: Int, _ file: String
    ) throws(StorageError) -> Int {
        var done = 0
        while done < buffer.count {
            let wanted = buffer.count - done
            let count = buffer.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + done, wanted, off_t(offset + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw systemError(file, "reading") }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// The walk over the frames of one generation, which its salts tell from older ones.
    private struct Scan {
        let pageSize: Int
        let isBigEndian: Bool
        let salts: [UInt8]
        var sum: (UInt32, UInt32) = (0, 0)

        /// Nil when the header is not valid.
        init?(_ header: [UInt8]) {
            let magic = WALInspection.word(header, 0)
            guard magic & ~1 == 0x377f_0682 else { return nil }
            isBigEndian = magic & 1 == 1
            let size = Int(WALInspection.word(header, 8))
            guard (512...65_536).contains(size), size & (size - 1) == 0 else { return nil }
            pageSize = size
            salts = Array(header[16..<24])
            add(header[0..<24])
            let stored = (WALInspection.word(header, 24), WALInspection.word(header, 28))
            guard sum == stored else { return nil }
        }

        /// The checksum of the format: two sums over pairs of words.
        private mutating func add(_ bytes: ArraySlice<UInt8>) {
            let isBig = isBigEndian
            var (first, second) = sum
            bytes.withUnsafeBytes { raw in
                for offset in stride(from: 0, to: raw.count, by: 8) {
                    let a = raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                    let b = raw.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                    first &+= (isBig ? UInt32(bigEndian: a) : UInt32(littleEndian: a)) &+ second
                    second &+= (isBig ? UInt32(bigEndian: b) : UInt32(littleEndian: b)) &+ first
                }
            }
            sum = (first, second)
        }

        func run(_ descriptor: Int32, _ file: String) throws(StorageError) {
            var scan = self
            var frame = [UInt8](repeating: 0, count: frameHeaderSize + pageSize)
            var offset = headerSize
            var number = 1
            var bad: Int?
            var isCommitBehindBad = false
            while try WALInspection.read(descriptor, &frame, at: offset, file) == frame.count {
                let isOurs = Array(frame[8..<16]) == salts
                if bad == nil {
                    scan.add(frame[0..<8])
                    scan.add(frame[frameHeaderSize...])
                    let stored = (WALInspection.word(frame, 16), WALInspection.word(frame, 20))
                    if !isOurs || scan.sum != stored { bad = number }
                }
                if let bad, isOurs {
                    if isCommitBehindBad {
                        throw StorageError(
                            .corrupt, file: file,
                            "frame \(bad) is damaged and acknowledged writes follow it")
                    }
                    isCommitBehindBad = WALInspection.word(frame, 4) != 0
                }
                offset += frame.count
                number += 1
            }
        }
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[offset + $1]) }
    }
}
