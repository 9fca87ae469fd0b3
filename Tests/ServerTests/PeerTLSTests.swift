import Foundation
import Raft
import Testing
import Transport
import Wire

@testable import Server

/// Certificates made by `cluster/certs` in a temporary directory, as an operator makes them.
final class ClusterCertificates {
    let directory: String

    struct Failed: Error {
        let output: String
    }

    init(cluster: String = "demo", nodes: [Int]) throws {
        directory = NSTemporaryDirectory() + "roundhouse-certs-\(UUID().uuidString)"
        try make(cluster: cluster, nodes: nodes)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func make(cluster: String = "demo", nodes: [Int], renew: Bool = false) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        try run(
            [root.path + "/cluster/certs", "--cluster", cluster, "--directory", directory]
                + nodes.map { "\($0)" } + (renew ? ["--renew"] : []))
    }

    func files(_ node: Int) -> TLSPeerContext.Files {
        TLSPeerContext.Files(
            authority: "\(directory)/ca.pem", certificate: "\(directory)/node\(node).pem",
            key: "\(directory)/node\(node).key")
    }

    func certificates(_ node: UInt64, cluster: Text = "demo") throws -> PeerCertificates {
        try PeerCertificates(
            files(Int(node)), cluster: cluster, node: NodeID(node),
            log: Log(node: node, level: .error))
    }

    /// Signs another certificate of a node: with any name and time, as `cluster/certs` never would.
    func sign(_ node: Int, uri: String, from: String, to: String) throws {
        for (file, text) in [
            ("index", ""), ("serial", "01"), ("ca.cnf", ClusterCertificates.settings(uri)),
        ] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(file)"))
        }
        try run([
            "openssl", "req", "-new", "-key", "\(directory)/node\(node).key", "-out",
            "\(directory)/request", "-subj", "/CN=node",
        ])
        try run([
            "openssl", "ca", "-batch", "-notext", "-config", "\(directory)/ca.cnf", "-in",
            "\(directory)/request", "-out", "\(directory)/node\(node).pem", "-extensions",
            "extensions", "-startdate", from, "-enddate", to,
        ])
    }

    /// Makes a node's certificate that ended long ago.
    func expire(_ node: Int) throws {
        try sign(
            node, uri: "roundhouse://demo/node/\(node)", from: "20200101000000Z",
            to: "20210101000000Z")
    }

    private static func settings(_ uri: String) -> String {
        """
        [ca]
        default_ca = authority
        [authority]
        database = index
        serial = serial
        new_certs_dir = .
        certificate = ca.pem
        private_key = ca.key
        default_md = sha256
        policy = anything
        [anything]
        commonName = supplied
        [extensions]
        subjectAltName = URI:\(uri)
        """
    }

    private func run(_ words: [String]) throws {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        if FileManager.default.fileExists(atPath: directory) {
            process.currentDirectoryURL = URL(fileURLWithPath: directory)
        }
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failed(output: String(decoding: said, as: UTF8.self))
        }
    }
}

@Suite struct PeerTLSTests {
    private static let always = (from: "20200101000000Z", to: "20990101000000Z")

    /// What node 2 hears when it dials node 1, and all that node 1 has to complain about.
    private func outcome(
        _ two: PeerCertificates?, dials one: PeerCertificates?
    ) throws -> (dialer: String, acceptor: String) {
        let nodes = try LinkedNodes()
        let acceptor = try nodes.start(LinkedNodes.identity(1), certificates: one)
        try nodes.start(LinkedNodes.identity(2), certificates: two)
        nodes.tryLink(2, to: 1)
        func words() -> String? { nodes.news.first { !["1 up 2", "2 up 1"].contains($0) } }
        nodes.run {
            guard let words = words() else { return false }
            return words == "linked" || !acceptor.complaints.remembered.isEmpty
        }
        return (words() ?? "", acceptor.complaints.remembered.joined(separator: "; "))
    }

    @Test func `nodes of one authority connect`() throws {
        let certs = try ClusterCertificates(nodes: [1, 2])
        let heard = try outcome(certs.certificates(2), dials: certs.certificates(1))
        #expect(heard == ("linked", ""))
    }

    @Test func `another authority is refused on both sides`() throws {
        let certs = try ClusterCertificates(nodes: [1, 2])
        let others = try ClusterCertificates(nodes: [1, 2])
        let heard = try outcome(others.certificates(2), dials: certs.certificates(1))
        #expect(
            heard.dialer.contains("no trusted authority stands behind the certificate of node 1"))
        #expect(heard.dialer.contains("roundhouse://demo/node/1"))
        #expect(heard.acceptor.contains("refused the TLS connection"))
    }

    @Test func `another cluster's certificate of the same authority is refused by name`() throws {
        let certs = try ClusterCertificates(nodes: [1, 2])
        try certs.sign(
            2, uri: "roundhouse://other/node/2", from: Self.always.from, to: Self.always.to)
        let heard = try outcome(
            certs.certificates(2, cluster: "other"), dials: certs.certificates(1))
        let words = "the other node's certificate is of cluster \"other\""
        #expect(heard.acceptor.contains(words))
        // Node 2, which takes itself for one of `other`, is as careful.
        #expect(heard.dialer.contains("certificate"))
    }

    @Test func `another node's certificate is refused by number`() throws {
        let certs = try ClusterCertificates(nodes: [1, 2, 3])
        let three = try outcome(certs.certificates(3), dials: certs.certificates(1))
        let words = "the other node's certificate is of node 3, not of node 2"
        #expect(three.acceptor.contains(words) && three.dialer.contains(words))
        let wrong = try outcome(certs.certificates(2), dials: certs.certificates(3))
        let others = "the other node's certificate is of node 3, not of node 1"
        #expect(wrong.acceptor.contains(others) && wrong.dialer.contains(others))
    }

    @Test func `an expired certificate is refused by name, whoever shows it`() throws {
        let certs = try ClusterCertificates(nodes: [1, 2])
        let (one, two) = (try certs.certificates(1), try certs.certificates(2))
        try certs.expire(1)
        let old = try certs.certificates(1)
        #expect(old.daysLeft < -1000 && one.daysLeft > 800 && one.authorityDaysLeft > 3000)
        let shown = try outcome(two, dials: old)
        #expect(
            shown.dialer.contains("node 1, roundhouse://demo/node/1, (or one above it) has expired")
        )
        try certs.expire(2)
        let heard = try outcome(try certs.certificates(2), dials: one)
        #expect(heard.acceptor.contains("roundhouse://demo/node/2, (or one above it) has expired"))
        #expect(heard.dialer.contains("expired"))
    }

    @Test func `plain against TLS and TLS against plain say so`() throws {
        let certs = try ClusterCertificates(nodes: [1, 2])
        let plain = try outcome(nil, dials: certs.certificates(1))
        #expect(plain.acceptor.contains("check that the other node has `peer.tls`"))
        #expect(plain.dialer.contains("check that both nodes have `peer.tls`"))
        let other = try outcome(certs.certificates(2), dials: nil)
        #expect(other.acceptor.contains("the other node speaks TLS and this one does not"))
        #expect(other.dialer.contains("check that it has `peer.tls`"))
    }

    @Test func `nobody without a certificate gets in`() throws {
        let certs = try ClusterCertificates(nodes: [1])
        let nodes = try LinkedNodes()
        let one = try nodes.start(
            LinkedNodes.identity(1), certificates: try certs.certificates(1))
        let visitor = Process()
        visitor.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        visitor.arguments = [
            "openssl", "s_client", "-connect", "\(try #require(one.listenAddress))",
        ]
        for keyPath in [\Process.standardInput, \.standardOutput, \.standardError] {
            visitor[keyPath: keyPath] = FileHandle.nullDevice
        }
        try visitor.run()
        nodes.run { !one.complaints.remembered.isEmpty }
        visitor.waitUntilExit()
        #expect(one.complaints.remembered[0].contains("peer did not return a certificate"))
    }

    @Test func `new files serve new connections, and bad ones are not taken`() throws {
        let certs = try ClusterCertificates(nodes: [1, 2, 3])
        let nodes = try LinkedNodes()
        let one = try nodes.start(
            LinkedNodes.identity(1), certificates: try certs.certificates(1))
        let shown = try certs.certificates(2)
        let two = try nodes.start(LinkedNodes.identity(2), certificates: shown)
        nodes.run { one.isUp(2) && two.isUp(1) }
        nodes.news = []
        func hears(_ words: String) {
            nodes.tryLink(2, to: 1)
            // On a busy machine a link that broke may be told of first.
            nodes.run { nodes.news.contains { $0.contains(words) } }
            #expect(nodes.news.contains { $0.contains(words) }, "\(nodes.news)")
            nodes.news = []
        }
        // Another node's certificate, and one without its key: the old ones stay in use.
        let mine = try Data(contentsOf: URL(fileURLWithPath: certs.files(2).certificate))
        for other in [certs.files(3).certificate, certs.files(1).key] {
            try Data(contentsOf: URL(fileURLWithPath: other)).write(
                to: URL(fileURLWithPath: certs.files(2).certificate))
            shown.lookAtFiles()
            #expect(throws: (any Error).self) { try shown.reload() }
            hears("linked")
        }
        try mine.write(to: URL(fileURLWithPath: certs.files(2).certificate))
        try certs.expire(2)
        shown.lookAtFiles()
        hears("expired")
        #expect(one.isUp(2) && two.isUp(1), "open connections stay")
        try certs.make(nodes: [2], renew: true)
        try shown.reload()
        hears("linked")
    }

    @Test func `a certificate of another node, authority or form is refused at the start`() throws {
        let certs = try ClusterCertificates(nodes: [1, 2])
        let others = try ClusterCertificates(nodes: [1])
        func problem(_ files: TLSPeerContext.Files) -> String {
            do throws(ConfigurationError) {
                _ = try PeerCertificates(
                    files, cluster: "demo", node: 1, log: Log(node: 1, level: .error))
                return ""
            } catch {
                return error.description
            }
        }
        #expect(problem(certs.files(1)) == "")
        #expect(
            problem(certs.files(2)).contains("is of node 2 of cluster \"demo\", and this is node 1")
        )
        var mixed = certs.files(1)
        mixed.authority = others.files(1).authority
        #expect(problem(mixed).contains("does not come from the authority"))
        mixed = certs.files(1)
        mixed.key = certs.files(2).key
        #expect(problem(mixed).contains("the key does not belong to the certificate"))
        mixed.key = certs.directory + "/none"
        #expect(problem(mixed).contains("No such file"))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: certs.files(1).key)
        #expect(problem(certs.files(1)).contains("chmod 600"))
        try certs.sign(
            2, uri: "https://demo/node/1", from: Self.always.from, to: Self.always.to)
        #expect(problem(certs.files(2)).contains("which is no node's"))
    }
}

@Suite struct PeerNameTests {
    @Test func `a name comes back`() {
        let name = PeerName(cluster: "Demo_1", node: 65_535)
        #expect(name.description == "roundhouse://Demo_1/node/65535")
        #expect(PeerName(uri: name.description) == name)
    }

    @Test(arguments: [
        "", "roundhouse://", "roundhouse:///node/1", "roundhouse://demo/node/",
        "http://demo/node/1",
        "roundhouse://demo/node/01", "roundhouse://demo/node/+1", "roundhouse://demo/node/0",
        "roundhouse://demo/node/1/", "roundhouse://demo/authority", "roundhouse://a/b/node/1",
        "roundhouse://demo/node/99999999999999999999999",
    ])
    func `any other form is no node's`(_ uri: String) {
        #expect(PeerName(uri: uri) == nil)
    }
}
