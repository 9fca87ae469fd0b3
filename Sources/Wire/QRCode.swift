/// A QR symbol (ISO/IEC 18004): bytes in byte mode with error correction level M, which survives
/// the loss of 15 % of its area. Versions 1 to 15, which is up to 412 bytes.
public struct QRCode: Hashable, Sendable {
    /// The longest content in bytes.
    public static let maxBytes = 412
    /// The blank margin that readers need, in modules.
    public static let quietZone = 4

    /// The symbol's version, 1 to 15.
    public let version: Int
    /// Modules on each side.
    public var size: Int { 4 * version + 17 }
    /// Row by row; true is dark.
    public private(set) var modules: [Bool] = []
    /// Modules that are not data: patterns, format and version.
    private var isFunction: [Bool] = []

    /// The symbol of these bytes with the mask that is easiest to read; nil if they are too many.
    public init?(_ bytes: [UInt8]) {
        guard let blank = QRCode(drawing: bytes) else { return nil }
        var best = blank.masked(0)
        var least = best.penalty
        for mask in 1..<8 {
            let other = blank.masked(mask)
            let penalty = other.penalty
            if penalty < least { (best, least) = (other, penalty) }
        }
        self = best
    }

    /// The symbol of these bytes with one of the eight masks.
    init?(_ bytes: [UInt8], mask: Int) {
        guard let blank = QRCode(drawing: bytes) else { return nil }
        self = blank.masked(mask)
    }

    /// Everything but mask and format.
    private init?(drawing bytes: [UInt8]) {
        guard let capacity = QRCapacity.fitting(bytes.count) else { return nil }
        version = capacity.version
        modules = Array(repeating: false, count: size * size)
        isFunction = modules
        drawPatterns()
        drawVersion()
        draw(capacity.codewords(of: bytes))
    }

    /// Whether the module at this place is dark; outside it is light.
    public func isDark(_ x: Int, _ y: Int) -> Bool {
        (0..<size).contains(x) && (0..<size).contains(y) && modules[y * size + x]
    }

    // MARK: Drawing

    private mutating func set(_ x: Int, _ y: Int, _ isDark: Bool) {
        modules[y * size + x] = isDark
        isFunction[y * size + x] = true
    }

    private mutating func drawPatterns() {
        for place in 0..<size {
            set(6, place, place % 2 == 0)
            set(place, 6, place % 2 == 0)
        }
        for (x, y) in [(3, 3), (size - 4, 3), (3, size - 4)] { drawFinder(x, y) }
        let centers = QRCapacity.alignment[version - 1]
        for x in centers {
            for y in centers where !isInFinder(x, y) {
                for dx in -2...2 {
                    for dy in -2...2 { set(x + dx, y + dy, max(abs(dx), abs(dy)) != 1) }
                }
            }
        }
        // Keeps the format's places; the mask writes it.
        drawFormat(0)
    }

    private func isInFinder(_ x: Int, _ y: Int) -> Bool {
        (x == 6 && (y == 6 || y == size - 7)) || (x == size - 7 && y == 6)
    }

    /// A finder pattern around a centre, with its separator.
    private mutating func drawFinder(_ x: Int, _ y: Int) {
        for dx in -4...4 {
            for dy in -4...4
            where (0..<size).contains(x + dx) && (0..<size).contains(y + dy) {
                let ring = max(abs(dx), abs(dy))
                set(x + dx, y + dy, ring != 2 && ring != 4)
            }
        }
    }

    /// Level M and a mask, twice (section 7.9).
    private mutating func drawFormat(_ mask: Int) {
        var rest = mask
        for _ in 0..<10 { rest = (rest << 1) ^ ((rest >> 9) * 0x537) }
        let bits = (mask << 10 | rest) ^ 0x5412
        func bit(_ place: Int) -> Bool { bits >> place & 1 == 1 }
        for place in 0..<6 { set(8, place, bit(place)) }
        set(8, 7, bit(6))
        set(8, 8, bit(7))
        set(7, 8, bit(8))
        for place in 9..<15 { set(14 - place, 8, bit(place)) }
        for place in 0..<8 { set(size - 1 - place, 8, bit(place)) }
        for place in 8..<15 { set(8, size - 15 + place, bit(place)) }
        set(8, size - 8, true)
    }

    /// The version, twice, from 7 on (section 7.10).
    private mutating func drawVersion() {
        guard version >= 7 else { return }
        var rest = version
        for _ in 0..<12 { rest = (rest << 1) ^ ((rest >> 11) * 0x1F25) }
        let bits = version << 12 | rest
        for place in 0..<18 {
            let isDark = bits >> place & 1 == 1
            let across = size - 11 + place % 3
            set(across, place / 3, isDark)
            set(place / 3, across, isDark)
        }
    }

    /// The codewords in pairs of columns, upwards and downwards, from the right (section 7.7.3).
    private mutating func draw(_ codewords: [UInt8]) {
        var bit = 0
        var right = size - 1
        while right > 0 {
            if right == 6 { right = 5 }
            let goesUp = (right + 1) & 2 == 0
            for step in 0..<size {
                let y = goesUp ? size - 1 - step : step
                for x in [right, right - 1]
                where !isFunction[y * size + x] && bit < codewords.count * 8 {
                    modules[y * size + x] = codewords[bit / 8] >> UInt8(7 - bit % 8) & 1 == 1
                    bit += 1
                }
            }
            right -= 2
        }
    }

    /// With a mask over the data, and the format that names it (section 7.8).
    private func masked(_ mask: Int) -> QRCode {
        var symbol = self
        for y in 0..<size {
            for x in 0..<size
            where !isFunction[y * size + x] && QRCode.inverts(mask, x, y) {
                symbol.modules[y * size + x].toggle()
            }
        }
        symbol.drawFormat(mask)
        return symbol
    }

    private static func inverts(_ mask: Int, _ x: Int, _ y: Int) -> Bool {
        switch mask {
        case 0: (x + y) % 2 == 0
        case 1: y % 2 == 0
        case 2: x % 3 == 0
        case 3: (x + y) % 3 == 0
        case 4: (x / 3 + y / 2) % 2 == 0
        case 5: x * y % 2 + x * y % 3 == 0
        case 6: (x * y % 2 + x * y % 3) % 2 == 0
        default: ((x + y) % 2 + x * y % 3) % 2 == 0
        }
    }

    // MARK: Judging a mask

    /// How hard the symbol is to read (section 7.8.3): long runs, blocks, what looks like a finder
    /// pattern, and too much of one colour.
    private var penalty: Int {
        var points = 0
        for line in 0..<size {
            points += QRCode.penalty(of: (0..<size).map { isDark($0, line) })
            points += QRCode.penalty(of: (0..<size).map { isDark(line, $0) })
        }
        for y in 0..<size - 1 {
            for x in 0..<size - 1 {
                let first = isDark(x, y)
                if isDark(x + 1, y) == first, isDark(x, y + 1) == first,
                    isDark(x + 1, y + 1) == first
                {
                    points += 3
                }
            }
        }
        let percent = modules.count { $0 } * 100 / modules.count
        return points + abs(percent - 50) / 5 * 10
    }

    private static let finderLike = [true, false, true, true, true, false, true]
    private static let light = [false, false, false, false]

    private static func penalty(of line: [Bool]) -> Int {
        var points = 0
        var run = 0
        for (place, isDark) in line.enumerated() {
            run = place > 0 && line[place - 1] == isDark ? run + 1 : 1
            if run == 5 { points += 3 } else if run > 5 { points += 1 }
        }
        for start in 0...line.count - 11 {
            let part = Array(line[start..<start + 11])
            if part == finderLike + light || part == light + finderLike { points += 40 }
        }
        return points
    }
}
