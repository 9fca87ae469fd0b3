/// The head of a frame (RFC 6455, section 5.2), in both directions.
struct WebSocketFrame: Sendable, Equatable {
    /// What a frame carries.
    enum Opcode: UInt8, Sendable {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10

        /// Whether the frame stands for itself between the fragments of a message.
        var isControl: Bool { rawValue >= 8 }
    }

    /// Control frames carry no more than this.
    static let maxControlBytes = 125

    var opcode: Opcode
    /// Whether this is the message's last frame.
    var isFinal: Bool
    /// The four mask bytes in the order of the wire; nil if the payload is plain.
    var mask: UInt32?
    var payloadCount: Int
    /// The bytes of the head itself.
    var headCount = 0

    /// Reads a head; nil when more bytes are needed. What its first bytes forbid is told at once.
    static func read(
        _ bytes: UnsafeRawBufferPointer, from role: WebSocketConnection.Role
    ) throws(WebSocketError) -> WebSocketFrame? {
        guard bytes.count >= 1 else { return nil }
        guard bytes[0] & 0x70 == 0 else { throw WebSocketError(1002, "a reserved bit is set") }
        guard let opcode = Opcode(rawValue: bytes[0] & 0x0F) else {
            throw WebSocketError(1002, "an opcode that is not defined")
        }
        let isFinal = bytes[0] & 0x80 != 0
        guard isFinal || !opcode.isControl else {
            throw WebSocketError(1002, "a control frame in fragments")
        }
        guard bytes.count >= 2 else { return nil }
        let isMasked = bytes[1] & 0x80 != 0
        guard isMasked == (role == .client) else {
            throw WebSocketError(1002, isMasked ? "a server that masks" : "a client without a mask")
        }
        let short = Int(bytes[1] & 0x7F)
        guard short <= maxControlBytes || !opcode.isControl else {
            throw WebSocketError(1002, "a control frame that is too long")
        }
        let lengthBytes = short < 126 ? 0 : short == 126 ? 2 : 8
        let headCount = 2 + lengthBytes + (isMasked ? 4 : 0)
        guard bytes.count >= headCount else { return nil }
        var count = UInt64(short)
        if lengthBytes > 0 {
            count = bytes.part(2..<2 + lengthBytes).reduce(0) { $0 << 8 | UInt64($1) }
            guard count >= (lengthBytes == 2 ? 126 : 0x10000), count >> 63 == 0 else {
                throw WebSocketError(1002, "a length not written in its shortest form")
            }
        }
        let mask =
            isMasked
            ? bytes.loadUnaligned(fromByteOffset: headCount - 4, as: UInt32.self).littleEndian : nil
        return WebSocketFrame(
            opcode: opcode, isFinal: isFinal, mask: mask, payloadCount: Int(count),
            headCount: headCount)
    }

    /// Appends a whole frame.
    func write(payload: [UInt8], into out: inout [UInt8]) {
        out.reserveCapacity(out.count + payload.count + 14)
        out.append((isFinal ? 0x80 : 0) | opcode.rawValue)
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        switch payload.count {
        case ..<126:
            out.append(maskBit | UInt8(payload.count))
        case ..<0x10000:
            out.append(maskBit | 126)
            Self.appendBigEndian(payload.count, bytes: 2, into: &out)
        default:
            out.append(maskBit | 127)
            Self.appendBigEndian(payload.count, bytes: 8, into: &out)
        }
        guard let mask else {
            out.append(contentsOf: payload)
            return
        }
        for index in 0..<4 { out.append(UInt8(truncatingIfNeeded: mask >> UInt32(8 * index))) }
        payload.withUnsafeBytes { Self.appendMasked($0, with: mask, into: &out) }
    }

    /// Appends the bytes xor the mask, which undoes itself.
    static func appendMasked(
        _ bytes: UnsafeRawBufferPointer, with mask: UInt32, into out: inout [UInt8]
    ) {
        let start = out.count
        out.append(contentsOf: bytes)
        let wide = UInt64(mask) << 32 | UInt64(mask)
        out.withUnsafeMutableBytes { all in
            var index = start
            while index + 8 <= all.count {
                let word = all.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                all.storeBytes(of: word ^ wide.littleEndian, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            while index < all.count {
                all[index] ^= UInt8(truncatingIfNeeded: wide >> UInt64((index - start) % 8 * 8))
                index += 1
            }
        }
    }

    private static func appendBigEndian(_ number: Int, bytes: Int, into out: inout [UInt8]) {
        for shift in (0..<bytes).reversed() {
            out.append(UInt8(truncatingIfNeeded: number >> (8 * shift)))
        }
    }
}
