import Crypto
import Foundation
import Wire

/// The first administrator's password.
enum Bootstrap {
    /// The first line of the password file, or a new password.
    static func password(
        of first: NodeConfiguration.Bootstrap
    ) throws(ConfigurationError) -> String {
        guard let file = first.passwordFile else {
            return Base64URL.string(SecureRandom.bytes(12))
        }
        guard let data = FileManager.default.contents(atPath: file),
            let line = String(decoding: data, as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false).first,
            line.utf8.count >= 8
        else {
            throw ConfigurationError(
                file: file, path: "",
                detail: "must hold the first administrator's password, 8 bytes or more, in its "
                    + "first line")
        }
        return String(line)
    }

    /// Prints a password that was made here, once, for the person at the terminal.
    static func announce(login: String, password: String, url: String) {
        print("Sign in at \(url) as \(login) with the password \(password)")
        print("This is shown once. Change it in the console.")
        fflush(nil)
    }
}
