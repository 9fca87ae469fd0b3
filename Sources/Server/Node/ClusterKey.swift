import Crypto
import Foundation
import Glibc
import Wire

/// The file with the cluster's key.
public enum ClusterKey {
    /// A new key as the file holds it: 64 hexadecimal characters and a line end.
    public static func make() -> String { Hex.string(SecureRandom.bytes(Secrets.keyBytes)) + "\n" }

    /// Reads a key; the file may be readable by its owner alone.
    static func read(_ file: String) throws(ConfigurationError) -> [UInt8] {
        func problem(_ detail: String) -> ConfigurationError {
            ConfigurationError(file: file, path: "", detail: detail)
        }
        var status = stat()
        guard stat(file, &status) == 0, let data = FileManager.default.contents(atPath: file)
        else {
            throw problem(
                "can't be read; make one with `roundhouse key new > \(file)` and copy it to every "
                    + "node")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw problem("is readable by others; run `chmod 600 \(file)`")
        }
        let text = String(decoding: data, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard let key = Hex.decode(text), key.count == Secrets.keyBytes else {
            throw problem("must hold 64 hexadecimal characters; make one with `roundhouse key new`")
        }
        return key
    }

    /// Makes the file if it is missing: only for a node that is a cluster of its own.
    static func makeIfMissing(_ file: String) throws(ConfigurationError) {
        // The data directory is locked: no other node of it can make one at the same time.
        if access(file, F_OK) != 0 { try DurableFile.write(make(), to: file) }
    }
}
