import Foundation
import Glibc
import Raft
import Transport
import Wire

/// What this node shows to other nodes and whom it trusts: read at the start, on SIGHUP, and when
/// a file changed. New connections use the new files; open ones stay. Loop's thread only.
final class PeerCertificates {
    /// How often the files are looked at.
    static let look: Duration = .seconds(10)
    /// With fewer days left than this the log warns, once a day.
    static let warnDays: Int64 = 14

    /// What connections are made with.
    let context: TLSPeerContext
    private let files: TLSPeerContext.Files
    private let name: PeerName
    private let log: Log
    private var seen: [FileStamp] = []
    private var warnedOn: Int64?

    /// What of a file changes with its contents.
    private struct FileStamp: Equatable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int

        init(_ file: String) {
            var status = stat()
            guard stat(file, &status) == 0 else {
                (inode, size, seconds, nanoseconds) = (0, 0, 0, 0)
                return
            }
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    /// Reads the files; refuses a certificate of another node, and a key that others may read.
    init(
        _ files: TLSPeerContext.Files, cluster: Text, node: NodeID, log: Log
    ) throws(ConfigurationError) {
        self.files = files
        self.log = log
        name = PeerName(cluster: cluster, node: node)
        seen = PeerCertificates.stamps(files)
        try PeerCertificates.checkPrivate(files.key)
        do {
            context = try TLSPeerContext(files)
        } catch {
            throw ConfigurationError(
                file: files.certificate, path: "$.peer.tls", detail: error.description)
        }
        try check(context.facts)
        warn()
    }

    /// Looks at the files from now on, every `look`.
    func watch(on loop: EventLoop) {
        _ = loop.schedule(after: PeerCertificates.look) { [weak self] in
            guard let self else { return }
            lookAtFiles()
            watch(on: loop)
        }
    }

    /// Reads the files again if one changed.
    func lookAtFiles() {
        if PeerCertificates.stamps(files) != seen { tryReload() }
        warn()
    }

    /// Reads the files again; on an error the old ones stay in use.
    func reload() throws {
        seen = PeerCertificates.stamps(files)
        try PeerCertificates.checkPrivate(files.key)
        try context.reload { facts throws(ConfigurationError) in try check(facts) }
        warnedOn = nil
        log.info(
            "certificate between nodes loaded",
            ["certificate": .text(files.certificate), "daysLeft": .number(daysLeft)])
        warn()
    }

    private func tryReload() {
        do {
            try reload()
        } catch {
            // Certificate and key change one after the other: the next look may find both.
            log.warning(
                "changed certificate files not taken; the old ones stay in use",
                ["reason": .text("\(error)")])
        }
    }

    /// Days until this node's certificate ends; negative when it has ended.
    var daysLeft: Int64 { days(until: context.facts.expiry) }
    /// Days until the authority's certificate ends.
    var authorityDaysLeft: Int64 { days(until: context.facts.authorityExpiry) }

    private func days(until seconds: Int64) -> Int64 {
        let left = seconds - WallClock.now() / 1000
        return left >= 0 ? left / 86_400 : -1 - (-left - 1) / 86_400
    }

    private func check(_ facts: TLSPeerContext.Facts) throws(ConfigurationError) {
        guard let uri = facts.uri, let found = PeerName(uri: uri) else {
            throw problem(
                "has \(facts.uri.map { "the name \($0)" } ?? "no single URI name"), which is no "
                    + "node's; make one with cluster/certs")
        }
        guard found == name else {
            throw problem(
                "is of node \(found.node) of cluster \"\(found.cluster)\", and this is node "
                    + "\(name.node) of cluster \"\(name.cluster)\"")
        }
    }

    private func problem(_ detail: String) -> ConfigurationError {
        ConfigurationError(
            file: files.certificate, path: "$.peer.tls.certificateFile", detail: detail)
    }

    private static func checkPrivate(_ file: String) throws(ConfigurationError) {
        var status = stat()
        guard stat(file, &status) == 0, status.st_mode & 0o077 != 0 else { return }
        throw ConfigurationError(
            file: file, path: "$.peer.tls.keyFile",
            detail: "is readable by others; run `chmod 600 \(file)`")
    }

    private static func stamps(_ files: TLSPeerContext.Files) -> [FileStamp] {
        [files.authority, files.certificate, files.key].map { FileStamp($0) }
    }

    /// Says once a day that something ends soon or has ended.
    private func warn() {
        let today = WallClock.now() / 86_400_000
        guard warnedOn != today else { return }
        for (file, left) in [
            (files.certificate, daysLeft), (files.authority, authorityDaysLeft),
        ] where left < PeerCertificates.warnDays {
            warnedOn = today
            if left < 0 {
                log.error(
                    "a certificate between nodes has expired; other nodes refuse new connections",
                    ["file": .text(file), "daysLeft": .number(left)])
            } else {
                log.warning(
                    "a certificate between nodes expires soon; renew it with cluster/certs",
                    ["file": .text(file), "daysLeft": .number(left)])
            }
        }
    }
}
