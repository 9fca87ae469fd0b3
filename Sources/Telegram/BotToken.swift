import Wire

/// Bot tokens: their form, and how they are kept out of logs.
public enum BotToken {
    /// Whether this has the form of a token, `<number>:<secret>`, 80 bytes at most.
    public static func isValid(_ token: Text) -> Bool { botID(of: token) != nil }

    /// The bot's number, the first part of its token; nil when this is no token.
    public static func botID(of token: Text) -> Int64? {
        guard token.utf8.count <= 80, let colon = token.utf8.firstIndex(of: UInt8(ascii: ":")),
            token.utf8.first != UInt8(ascii: "0")
        else { return nil }
        let number = token.utf8[..<colon]
        let secret = token.utf8[(colon + 1)...]
        guard number.allSatisfy(isDigit), !secret.isEmpty, secret.allSatisfy(isURLSafe),
            let id = Int64(String(decoding: number, as: UTF8.self)), id > 0, id < 1 << 54
        else { return nil }
        return id
    }

    /// The text with the secret of every token in it replaced by `***`.
    ///
    /// A token is recognised by its form, and whatever stands after `/bot` in a path is taken for
    /// one.
    public static func redacted(_ text: Text) -> Text {
        let bytes = text.utf8
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if let end = pathToken(in: bytes, at: index) {
                out += Array("/bot***".utf8)
                index = end
            } else if let (colon, end) = token(in: bytes, at: index) {
                out += bytes[index...colon]
                out += Array("***".utf8)
                index = end
            } else {
                out.append(bytes[index])
                index += 1
            }
        }
        return Text(out)
    }

    /// The end of `/bot<token>` when it starts here and something of a token follows.
    private static func pathToken(in bytes: [UInt8], at index: Int) -> Int? {
        let prefix = Array("/bot".utf8)
        guard bytes[index...].starts(with: prefix) else { return nil }
        let start = index + prefix.count
        var end = start
        while end < bytes.count, isURLSafe(bytes[end]) || bytes[end] == UInt8(ascii: ":") {
            end += 1
        }
        guard bytes[start..<end].contains(UInt8(ascii: ":")) else { return nil }
        return end
    }

    /// The colon and the end of a token that starts here, at the first of its digits.
    private static func token(in bytes: [UInt8], at index: Int) -> (colon: Int, end: Int)? {
        guard isDigit(bytes[index]), index == 0 || !isDigit(bytes[index - 1]) else { return nil }
        var colon = index
        while colon < bytes.count, isDigit(bytes[colon]) { colon += 1 }
        guard colon - index >= 3, colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else {
            return nil
        }
        var end = colon + 1
        while end < bytes.count, isURLSafe(bytes[end]) { end += 1 }
        return end - colon > 8 ? (colon, end) : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
