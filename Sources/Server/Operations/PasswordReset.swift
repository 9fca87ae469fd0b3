import Crypto
import Foundation
import Wire

/// `roundhouse reset-password`: a new password for an account when no administrator can sign in any
/// more, by an operator who can read the cluster's key file. The password is hashed here.
public enum PasswordReset {
    /// Resets it; one that is made here is told when it counts. Gives the exit code.
    public static func run(
        _ login: String, passwordFile: String?, _ command: OperatorCommand
    ) throws -> Int32 {
        let password =
            try passwordFile.map { (file) throws(Arguments.Problem) in
                try AdminSettings.firstLine(of: file)
            } ?? Base64URL.string(SecureRandom.bytes(12))
        guard (8...Node.maxPasswordBytes).contains(password.utf8.count) else {
            throw Arguments.Problem(
                description: "a password has 8 to \(Node.maxPasswordBytes) bytes")
        }
        let hash = Scrypt().hash(password: Array(password.utf8))
        let code = try command.run(.resetPassword(login: login, hash: hash))
        if code == 0, passwordFile == nil { print("it is \(password)") }
        return code
    }
}
