import Foundation
import Wire

/// Which node an administrator's command asks, and as whom: from options, else from the
/// environment. Secrets come from the environment or from files, never from the command line, where
/// every user of the machine can read them.
public struct AdminSettings: Sendable {
    /// Who asks.
    enum Identity: Sendable {
        /// An API token.
        case token(String)
        /// A sign-in, which ends with the command.
        case signIn(login: String, password: String)
    }

    /// The options that every command with a node takes.
    public static let options: Set<String> = [
        "url", "token-file", "login", "password-file", "ca-file", "token", "password",
    ]

    /// A node's public URL, without a final slash.
    let url: String
    let identity: Identity
    /// A PEM file with authorities to trust beside the system's.
    let caFile: String?

    /// Reads options and environment; throws a problem that names what is missing.
    public init(
        _ options: [String: String], environment: [String: String]
    ) throws(Arguments.Problem) {
        for secret in ["token", "password"] where options[secret] != nil {
            throw Arguments.Problem(
                description: "--\(secret) would show the secret to every user of this machine; "
                    + "put it into ROUNDHOUSE_\(secret.uppercased()) or a file for "
                    + "--\(secret)-file, and replace it now")
        }
        var url = options["url"] ?? environment["ROUNDHOUSE_URL"] ?? "http://127.0.0.1:8080"
        while url.hasSuffix("/") { url.removeLast() }
        guard ServiceURL(url) != nil else {
            throw Arguments.Problem(description: "\(url) is no URL such as https://desk.example")
        }
        self.url = url
        caFile = options["ca-file"] ?? environment["ROUNDHOUSE_CA_FILE"]
        let login = options["login"] ?? environment["ROUNDHOUSE_LOGIN"]
        if let file = options["token-file"] {
            identity = .token(try AdminSettings.firstLine(of: file))
        } else if let login {
            let file = options["password-file"]
            let password =
                try file.map(AdminSettings.firstLine) ?? environment["ROUNDHOUSE_PASSWORD"]
            guard let password, !password.isEmpty else {
                throw Arguments.Problem(
                    description: "the password of \(login) is needed: in ROUNDHOUSE_PASSWORD, or "
                        + "--password-file FILE")
            }
            identity = .signIn(login: login, password: password)
        } else if let token = environment["ROUNDHOUSE_TOKEN"], !token.isEmpty {
            identity = .token(token)
        } else {
            throw Arguments.Problem(
                description: "who asks? Give an API token in ROUNDHOUSE_TOKEN or --token-file "
                    + "FILE, or --login NAME with the password in ROUNDHOUSE_PASSWORD or "
                    + "--password-file FILE")
        }
    }

    /// A secret's file: its first line.
    static func firstLine(of file: String) throws(Arguments.Problem) -> String {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw Arguments.Problem(description: "\(file) can't be read")
        }
        let line = String(decoding: data, as: UTF8.self).prefix { !$0.isNewline }
        guard !line.isEmpty else { throw Arguments.Problem(description: "\(file) is empty") }
        return String(line)
    }
}
