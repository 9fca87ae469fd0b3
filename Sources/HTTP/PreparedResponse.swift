import Wire

/// A response without a body that is always the same but for the end of one field's value: its
/// bytes are put together once, not for every answer.
public struct PreparedResponse: Sendable {
    /// Status line and fields up to where the value goes on.
    let beginning: [UInt8]

    /// A response with these fields and one more, `name`, whose value begins with `value` and ends
    /// with what `HTTPServerConnection.respond` is given. Not for statuses that frame otherwise
    /// (1xx, 204, 304), and without fields that frame.
    public init(status: Int, headers: HTTPHeaders, open name: String, value: [UInt8]) {
        precondition(status >= 200 && status != 204 && status != 304, "a status with a length")
        var headers = headers
        headers.append(name, value)
        var bytes: [UInt8] = []
        MessageWriter.appendStatusLine(status, into: &bytes)
        MessageWriter.appendFields(of: headers, keepingConnection: false, into: &bytes)
        bytes.removeLast(2)
        beginning = bytes
    }

    /// Appends the response as it goes over the wire. Bytes that a value can't hold become spaces.
    func serialize(
        ending: [UInt8], into out: inout [UInt8], keepAlive: Bool, date: Text?, minorVersion: Int
    ) {
        out.reserveCapacity(out.count + beginning.count + ending.count + 96)
        out.append(contentsOf: beginning)
        for byte in ending { out.append(Characters.isFieldValue(byte) ? byte : 0x20) }
        MessageWriter.appendLineEnd(into: &out)
        if let date { MessageWriter.appendField("Date: ", date.utf8, into: &out) }
        MessageWriter.appendContentLength(0, into: &out)
        MessageWriter.appendConnection(
            keepAlive: keepAlive, minorVersion: minorVersion, into: &out)
        MessageWriter.appendLineEnd(into: &out)
    }
}
