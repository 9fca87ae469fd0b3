import Testing

@testable import Crypto

@Suite struct CryptoTests {
    private func hex(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Substring(text.filter { $0 != " " })
        while let byte = UInt8(rest.prefix(2), radix: 16) {
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    @Test func `random bytes have their length and differ`() {
        #expect(SecureRandom.bytes(0).isEmpty)
        #expect(SecureRandom.bytes(33).count == 33)
        #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
        #expect(Set((0..<100).map { _ in SecureRandom.uint64() }).count == 100)
    }

    @Test func `equality in constant time is equality`() {
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual([1, 2], [1, 2]))
        #expect(!constantTimeEqual([1, 2], [1, 3]))
        #expect(!constantTimeEqual([1, 2], [1, 2, 0]))
    }

    @Test func `SHA-256 gives the digests of FIPS 180-4`() {
        #expect(
            SHA256.hash([])
                == hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        #expect(
            SHA256.hash(Array("abc".utf8))
                == hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    }

    @Test func `HMAC gives the codes of RFC 4231, also when the key is used again`() {
        let cases: [(key: [UInt8], message: [UInt8], code: String)] = [
            (
                [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
        ]
        for (key, message, code) in cases {
            let prepared = HMACKey(key)
            #expect(HMACSHA256.mac(key: key, message) == hex(code))
            #expect(prepared.mac([1, 2, 3]) != hex(code))
            #expect(prepared.mac(message) == hex(code))
            #expect(prepared.isValid(hex(code), for: message))
            #expect(!prepared.isValid(hex(code), for: message + [0]))
        }
        #expect(
            HMACSHA256.mac(key: [], [])
                == hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"))
    }

    @Test func `HKDF gives the keys of RFC 5869`() {
        let first = HKDF.derive(
            key: [UInt8](repeating: 0x0b, count: 22), salt: hex("000102030405060708090a0b0c"),
            info: hex("f0f1f2f3f4f5f6f7f8f9"), length: 42)
        let firstExpected = hex(
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
        #expect(first == firstExpected)
        let third = HKDF.derive(
            key: [UInt8](repeating: 0x0b, count: 22), info: [], length: 42)
        let thirdExpected = hex(
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
        #expect(third == thirdExpected)
        #expect(HKDF.derive(key: [1], info: [], length: 8160).count == 8160)
    }

    @Test func `scrypt gives the keys of RFC 7914`() {
        let cheap = Scrypt(cost: 16, blockSize: 1, parallelism: 1)
        #expect(
            cheap.derive([], [], length: 64)
                == hex(
                    "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                        + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"))
        let dear = Scrypt(cost: 1024, blockSize: 8, parallelism: 16)
        #expect(
            dear.derive(Array("password".utf8), Array("NaCl".utf8), length: 64)
                == hex(
                    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                        + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"))
    }

    @Test func `a password is recognised, another is not`() {
        let cheap = Scrypt(cost: 16)
        let encoded = cheap.hash(password: Array("correct horse".utf8))
        #expect(encoded.hasPrefix("scrypt$16$8$1$"))
        #expect(encoded != cheap.hash(password: Array("correct horse".utf8)))
        #expect(Scrypt.verify(password: Array("correct horse".utf8), encoded: encoded))
        #expect(!Scrypt.verify(password: Array("correct horsf".utf8), encoded: encoded))
        #expect(!Scrypt.verify(password: [], encoded: encoded))
        #expect(Scrypt.verify(password: [], encoded: cheap.hash(password: [])))
        #expect(Scrypt.isEncoded(encoded))
    }

    @Test func `the cost for people works`() {
        let encoded = Scrypt().hash(password: [1])
        #expect(encoded.hasPrefix("scrypt$131072$8$1$"))
        #expect(Scrypt.verify(password: [1], encoded: encoded))
    }

    @Test(arguments: [
        "", "scrypt", "scrypt$16$8$1$$", "bcrypt$16$8$1$00112233445566778899$00",
        "scrypt$15$8$1$0011223344556677$" + String(repeating: "00", count: 32),
        "scrypt$16$0$1$0011223344556677$" + String(repeating: "00", count: 32),
        "scrypt$18446744073709551615$8$1$0011223344556677$" + String(repeating: "00", count: 32),
        "scrypt$9223372036854775808$64$1$0011223344556677$" + String(repeating: "00", count: 32),
        "scrypt$16$8$1000000$0011223344556677$" + String(repeating: "00", count: 32),
        "scrypt$16$8$1$001122334455667$" + String(repeating: "00", count: 32),
        "scrypt$16$8$1$0011223344556677$" + String(repeating: "0g", count: 32),
        "scrypt$16$8$1$0011223344556677$" + String(repeating: "00", count: 31),
    ])
    func `a malformed or dear password hash matches nothing`(encoded: String) {
        #expect(!Scrypt.verify(password: [1], encoded: encoded))
        #expect(!Scrypt.isEncoded(encoded))
    }

    @Test(arguments: [0, 1, 16, 1000])
    func `a sealed value opens only as it was sealed`(length: Int) throws {
        let key = SecureRandom.bytes(32)
        let plaintext = SecureRandom.bytes(length)
        let context = Array("token of project 7".utf8)
        let sealed = try Seal.seal(key: key, plaintext: plaintext, context: context)
        #expect(sealed.count == length + Seal.overhead)
        #expect(try Seal.open(key: key, sealed: sealed, context: context) == plaintext)
        #expect(sealed != (try Seal.seal(key: key, plaintext: plaintext, context: context)))
        #expect(throws: Seal.Failure.notAuthentic) {
            _ = try Seal.open(key: SecureRandom.bytes(32), sealed: sealed, context: context)
        }
        #expect(throws: Seal.Failure.notAuthentic) {
            _ = try Seal.open(key: key, sealed: sealed, context: context + [0])
        }
        #expect(throws: Seal.Failure.notAuthentic) {
            _ = try Seal.open(key: key, sealed: sealed, context: [])
        }
        #expect(throws: Seal.Failure.keyLength) {
            _ = try Seal.open(key: [1], sealed: sealed, context: context)
        }
    }

    @Test func `a sealed value altered or cut anywhere does not open`() throws {
        let key = SecureRandom.bytes(32)
        let sealed = try Seal.seal(key: key, plaintext: [1, 2, 3, 4, 5], context: [])
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 1
            #expect(throws: index == 0 ? Seal.Failure.malformed : .notAuthentic) {
                _ = try Seal.open(key: key, sealed: altered, context: [])
            }
            #expect(throws: Seal.Failure.self) {
                _ = try Seal.open(key: key, sealed: Array(sealed[..<index]), context: [])
            }
        }
    }
}
