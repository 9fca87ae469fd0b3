import Crypto
import Wire

/// Lets only those change the cluster through the operations listener who can read its key file.
///
/// A tool asks for a challenge, random and good once within `lifetime`, and sends the HMAC of
/// challenge, method, path and body under a key derived from the cluster's. So nothing secret
/// passes the wire, nothing can be changed or replayed on it, and no clock needs to be right.
/// Confined to the loop's thread.
struct OperatorGate {
    /// A challenge is good for this long, in nanoseconds.
    static let lifetime: Int64 = 30_000_000_000
    /// Challenges remembered; with more, the oldest is forgotten.
    static let maxChallenges = 64
    /// Bytes of a challenge.
    static let challengeBytes = 16
    /// The header with challenge and proof: `Roundhouse CHALLENGE PROOF`, in hexadecimal.
    static let header = "Authorization"

    private let key: [UInt8]
    private var open: [(challenge: [UInt8], until: Int64)] = []

    /// A gate of the cluster with this operators' key.
    init(key: [UInt8]) { self.key = key }

    /// A new challenge, as text.
    mutating func challenge(now: Int64) -> String {
        open.removeAll { $0.until <= now }
        if open.count >= OperatorGate.maxChallenges { open.removeFirst() }
        let challenge = SecureRandom.bytes(OperatorGate.challengeBytes)
        open.append((challenge, now + OperatorGate.lifetime))
        return Hex.string(challenge)
    }

    /// Whether a request proves the key; its challenge is used up.
    mutating func admits(
        _ authorization: Text?, method: String, path: [UInt8], body: [UInt8], now: Int64
    ) -> Bool {
        let words = (authorization?.string ?? "").split(separator: " ")
        guard words.count == 3, words[0] == "Roundhouse",
            let challenge = Hex.decode(String(words[1])), let proof = Hex.decode(String(words[2])),
            let at = open.firstIndex(where: { $0.challenge == challenge })
        else { return false }
        let until = open.remove(at: at).until
        let right = OperatorGate.proof(
            key: key, challenge: challenge, method: method, path: path, body: body)
        return now < until && constantTimeEqual(proof, right)
    }

    /// The proof that belongs to a challenge and a request.
    static func proof(
        key: [UInt8], challenge: [UInt8], method: String, path: [UInt8], body: [UInt8]
    ) -> [UInt8] {
        var writer = ByteWriter()
        writer.blob(challenge)
        writer.blob(Array(method.utf8))
        writer.blob(path)
        writer.blob(body)
        return HMACSHA256.mac(key: key, writer.bytes)
    }
}
