import Testing

@testable import Wire

/// QR symbols, compared with those of another implementation (python-qrcode 8.2).
@Suite struct QRCodeTests {
    private func address(_ count: Int) -> [UInt8] {
        let text = "https://example.org/" + String(repeating: "k7m2pq9x", count: 60)
        return Array(text.utf8.prefix(count))
    }

    /// Every version, filled to its last byte, some with padding, and every mask: the checksum of
    /// the modules.
    @Test(
        arguments: [
            (14, 1, 1, 0xa097_d6d2), (26, 2, 2, 0x471e_d4b2), (42, 3, 3, 0x53e6_5f2f),
            (62, 4, 4, 0x9a4e_14d7), (84, 5, 5, 0x3f4e_8a7e), (106, 6, 6, 0x18c9_6e04),
            (122, 7, 7, 0x68db_ffd0), (152, 0, 8, 0xf9ee_507d), (180, 1, 9, 0x6971_5ad9),
            (213, 2, 10, 0x4342_8e80), (251, 3, 11, 0x632c_8917), (287, 4, 12, 0xcff8_1e07),
            (331, 5, 13, 0xc045_9f98), (362, 6, 14, 0x2cce_952d), (412, 7, 15, 0xf19c_b7f0),
            (9, 1, 1, 0xa01a_edfb), (37, 3, 3, 0x4c55_c607), (117, 7, 7, 0x6eae_cb68),
            (208, 2, 10, 0x2425_0694), (282, 4, 12, 0xcb69_29ca), (407, 7, 15, 0xe4c6_0db2),
        ] as [(Int, Int, Int, UInt32)])
    func `Every version and mask is drawn as another implementation draws it`(
        count: Int, mask: Int, version: Int, checksum: UInt32
    ) throws {
        let symbol = try #require(QRCode(address(count), mask: mask))
        #expect(symbol.version == version)
        #expect(CRC32C.checksum(symbol.modules.map { $0 ? 1 : 0 }) == checksum)
    }

    @Test func `One byte more needs the next version, and after the last there is none`() {
        #expect(QRCode(address(15))?.version == 2)
        #expect(QRCode(address(QRCode.maxBytes))?.version == 15)
        #expect(QRCode(address(QRCode.maxBytes + 1)) == nil)
    }

    @Test func `The mask is one of the eight, and the same each time`() {
        let text = address(28)
        let masked = (0..<8).map { QRCode(text, mask: $0) }
        #expect(Set(masked).count == 8 && masked.contains(QRCode(text)))
        #expect(QRCode(text) == QRCode(text))
    }

    @Test func `Outside the symbol everything is light`() throws {
        let symbol = try #require(QRCode(address(14)))
        #expect(symbol.isDark(0, 0) && symbol.isDark(20, 0) && symbol.isDark(0, 20))
        #expect(!symbol.isDark(-1, 0) && !symbol.isDark(0, 21) && !symbol.isDark(21, 3))
    }
}
