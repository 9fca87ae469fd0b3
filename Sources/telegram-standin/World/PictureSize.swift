/// How large pictures are, for what the real server says of them.
enum PictureSize {
    /// Width and height of a PNG in pixels, by its header; nil: it is none.
    static func ofPNG(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
        let start: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        guard bytes.count >= 24, bytes.starts(with: start) else { return nil }
        func number(_ place: Int) -> Int {
            bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        return (number(16), number(20))
    }
}
