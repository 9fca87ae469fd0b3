import Wire

/// Compares texts with a project's rules.
///
/// The time is linear in the text: where a rule begins is found by its first character, and no rule
/// is longer than 64 bytes. Case does not matter, nor do characters that nobody sees, such as
/// joiners between letters.
public struct Moderator: Sendable {
    /// The version of the rules.
    public let version: Int64

    /// One place of a rule.
    private enum Glyph: Equatable, Sendable {
        case scalar(Unicode.Scalar)
        case any
        case digit

        func takes(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .scalar(let wanted): wanted == scalar
            case .any: true
            case .digit: scalar.properties.numericType == .decimal
            }
        }
    }
    /// A rule as it is compared: parts that must follow each other, with anything between.
    private struct Needle: Sendable {
        var rule: ModerationRule
        var parts: [[Glyph]]
    }
    private let needles: [Needle]
    /// Needles by the scalar that they begin with.
    private let starting: [Unicode.Scalar: [Int]]
    /// Needles that may begin with anything.
    private let anywhere: [Int]

    /// Of these rules.
    public init(_ moderation: Moderation) {
        version = moderation.version
        needles = moderation.rules.map { Needle(rule: $0, parts: Moderator.parts(of: $0)) }
        var starting: [Unicode.Scalar: [Int]] = [:]
        var anywhere: [Int] = []
        for (place, needle) in needles.enumerated() {
            switch needle.parts.first?.first {
            case .scalar(let scalar)?: starting[scalar, default: []].append(place)
            case .any?, .digit?: anywhere.append(place)
            case nil: break
            }
        }
        self.starting = starting
        self.anywhere = anywhere
    }

    /// What the rules say of a text that goes this way; nil: nothing.
    public func verdict(on text: Text, _ way: ModerationRule.Way) -> Verdict? {
        guard !needles.isEmpty, !text.isEmpty else { return nil }
        let scalars = Moderator.folded(text)
        var best: Int?
        // A needle whose later parts are not found after its first one never will be.
        var isDead = [Bool](repeating: false, count: needles.count)
        func look(_ place: Int, at index: Int) {
            let rule = needles[place].rule
            guard !isDead[place], rule.way == way || rule.way == .both else { return }
            if let best {
                let other = needles[best].rule.action.rawValue
                guard
                    rule.action.rawValue > other || rule.action.rawValue == other && place < best
                else { return }
            }
            switch Moderator.find(needles[place], in: scalars, at: index) {
            case .found: best = place
            case .notHere: break
            case .nowhere: isDead[place] = true
            }
        }
        for index in scalars.indices {
            for place in starting[scalars[index]] ?? [] { look(place, at: index) }
            for place in anywhere { look(place, at: index) }
        }
        return best.map { place in
            let rule = needles[place].rule
            return Verdict(rule.action, version: version, rule: rule.text)
        }
    }

    /// Whether a rule can be kept: it says something, and not everything.
    public static func takes(_ rule: ModerationRule) -> Bool {
        guard rule.text.utf8.count <= ModerationRule.maxBytes else { return false }
        let named = parts(of: rule).joined().count { $0 != .any && $0 != .digit }
        return named >= (rule.form == .word ? 1 : ModerationRule.fewestNamed)
    }

    private enum Found { case found, notHere, nowhere }

    private static func find(
        _ needle: Needle, in scalars: [Unicode.Scalar], at index: Int
    ) -> Found {
        guard fits(needle.parts[0], scalars, at: index) else { return .notHere }
        var end = index + needle.parts[0].count
        if needle.rule.form == .word {
            let isWhole = isEdge(scalars, before: index) && isEdge(scalars, before: end)
            return isWhole ? .found : .notHere
        }
        for part in needle.parts.dropFirst() {
            while end + part.count <= scalars.count, !fits(part, scalars, at: end) { end += 1 }
            guard end + part.count <= scalars.count else { return .nowhere }
            end += part.count
        }
        return .found
    }

    private static func fits(
        _ part: [Glyph], _ scalars: [Unicode.Scalar], at index: Int
    ) -> Bool {
        guard index + part.count <= scalars.count else { return false }
        for (place, glyph) in part.enumerated() where !glyph.takes(scalars[index + place]) {
            return false
        }
        return true
    }

    /// Whether a word may begin or end before a place. Scripts that write no spaces know no edges:
    /// their words are found anywhere.
    private static func isEdge(_ scalars: [Unicode.Scalar], before index: Int) -> Bool {
        guard index > 0, index < scalars.count else { return true }
        return !(isSpaced(scalars[index - 1]) && isSpaced(scalars[index]))
    }

    /// Whether a character is of a word in a script that puts spaces between words.
    private static func isSpaced(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        guard properties.isAlphabetic || properties.numericType != nil else { return false }
        switch scalar.value {
        // Thai to Burmese, Khmer, kana, Hangul.
        case 0x0e00...0x109f, 0x1780...0x17ff, 0x3040...0x30ff, 0xac00...0xd7af: return false
        default: return !properties.isIdeographic
        }
    }

    /// A text in lower case, without what nobody sees.
    private static func folded(_ text: Text) -> [Unicode.Scalar] {
        text.string.lowercased().unicodeScalars.filter {
            !$0.properties.isDefaultIgnorableCodePoint
        }
    }

    private static func parts(of rule: ModerationRule) -> [[Glyph]] {
        let scalars = folded(rule.text)
        guard rule.form == .pattern else {
            return scalars.isEmpty ? [] : [scalars.map { .scalar($0) }]
        }
        return scalars.split(separator: "*").map { part in
            part.map { $0 == "?" ? .any : $0 == "#" ? .digit : .scalar($0) }
        }
    }
}
