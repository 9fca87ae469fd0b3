import Foundation

/// Certificates of a small authority, made with the `openssl` program in a temporary directory.
final class Certificates: Sendable {
    /// Made once for all tests of the process.
    static let shared = Result { try Certificates() }

    let directory: String

    /// The authority's certificate.
    var authority: String { "\(directory)/ca.pem" }

    func certificate(_ name: String) -> String { "\(directory)/\(name).pem" }
    func key(_ name: String) -> String { "\(directory)/\(name).key" }

    /// The end of what the program said when it failed.
    struct Failed: Error {
        let command: [String]
        let output: String
    }

    private init() throws {
        directory = NSTemporaryDirectory() + "roundhouse-certificates-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try write(Self.configuration, to: "ca.cnf")
        try write("", to: "index.txt")
        try write("01", to: "serial")
        try selfSigned("ca", subject: "Test Authority")
        try selfSigned("alone", subject: "node.test", names: "DNS:node.test,IP:127.0.0.1")
        let names = "DNS:node.test,IP:127.0.0.1"
        try issue("good", names, from: "20200101000000Z", to: "20990101000000Z")
        try issue("second", names, from: "20200101000000Z", to: "20980101000000Z")
        try issue("expired", names, from: "20200101000000Z", to: "20210101000000Z")
        try issue("future", names, from: "20980101000000Z", to: "20990101000000Z")
        try issue("stranger", "DNS:other.test", from: "20200101000000Z", to: "20990101000000Z")
    }

    /// Puts the certificate and key called `name` where `copy` is read from.
    func copy(_ name: String, to copy: String) throws {
        for suffix in ["pem", "key"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name).\(suffix)"))
            try bytes.write(to: URL(fileURLWithPath: "\(directory)/\(copy).\(suffix)"))
        }
    }

    func write(_ text: String, to file: String) throws {
        try text.write(toFile: "\(directory)/\(file)", atomically: false, encoding: .utf8)
    }

    private func selfSigned(_ name: String, subject: String, names: String? = nil) throws {
        try openssl(
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-keyout", "\(name).key", "-out", "\(name).pem", "-days", "3650",
                "-subj", "/CN=\(subject)",
            ] + (names.map { ["-addext", "subjectAltName=\($0)"] } ?? []))
    }

    private func issue(_ name: String, _ names: String, from: String, to: String) throws {
        try openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", "\(name).key", "-out", "\(name).csr", "-subj", "/CN=\(name)",
            "-addext", "subjectAltName=\(names)",
        ])
        try openssl([
            "ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "\(name).csr",
            "-out", "\(name).pem", "-startdate", from, "-enddate", to,
        ])
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failed(command: arguments, output: String(decoding: said, as: UTF8.self))
        }
    }

    private static let configuration = """
        [ca]
        default_ca = authority
        [authority]
        database = index.txt
        serial = serial
        new_certs_dir = .
        certificate = ca.pem
        private_key = ca.key
        default_md = sha256
        policy = anything
        copy_extensions = copy
        unique_subject = no
        [anything]
        commonName = supplied
        """
}
