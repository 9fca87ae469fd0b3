import Testing
import Wire

@Suite struct TextCodecTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
        ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
    ])
    func `base64url of RFC 4648's examples`(plain: String, encoded: String) {
        #expect(Base64URL.string(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test func `base64url uses the URL alphabet`() {
        #expect(Base64URL.string([0xfb, 0xff, 0xfe]) == "-__-")
        #expect(Base64URL.decode("-__-") == [0xfb, 0xff, 0xfe])
    }

    @Test(arguments: ["Z", "Zg==", "Zm9v\n", "Zm+v", "Zm/v", "Zh", "Zm9", "Zm9vY", "é"])
    func `base64url has one form only`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func `base64url round trips at every length`() {
        for length in 0..<50 {
            let bytes = (0..<length).map { UInt8($0 * 37 & 0xff) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
    }

    @Test func `hex round trips and refuses the rest`() {
        let all = Array(UInt8.min...UInt8.max)
        #expect(Hex.decode(Hex.encode(all)) == all)
        #expect(Hex.string([0, 0xab]) == "00ab")
        #expect(Hex.decode("ABcd") == [0xab, 0xcd])
        for text in ["a", "0g", " 0", "0x", "é"] { #expect(Hex.decode(text) == nil) }
    }
}
