/// The words of one command line: options with a value, flags, and the rest in order.
public struct Arguments {
    /// Values of options such as `--config FILE` or `--config=FILE`, in order.
    public private(set) var all: [String: [String]] = [:]
    /// The last value of each option.
    public var options: [String: String] { all.compactMapValues(\.last) }
    /// Flags such as `--json`.
    public private(set) var flags: Set<String> = []
    /// Words that are neither, in order.
    public private(set) var words: [String] = []

    /// What is wrong with a command line, for people.
    public struct Problem: Error, CustomStringConvertible {
        /// What is wrong and what would be right.
        public var description: String
        /// A problem in these words.
        public init(description: String) { self.description = description }
    }

    /// Reads words; only the named options and flags are known, others are a problem.
    public init(
        _ words: some Sequence<String>, options known: Set<String>, flags knownFlags: Set<String>
    ) throws(Problem) {
        var iterator = words.makeIterator()
        var literal = false
        while let word = iterator.next() {
            if literal || !word.hasPrefix("--") || word == "-" {
                self.words.append(word)
                continue
            }
            if word == "--" {
                literal = true
                continue
            }
            let body = word.dropFirst(2)
            let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            if knownFlags.contains(name) {
                guard parts.count == 1 else { throw Problem(description: "--\(name) has no value") }
                flags.insert(name)
            } else if known.contains(name) {
                guard let value = parts.count == 2 ? String(parts[1]) : iterator.next() else {
                    throw Problem(description: "--\(name) needs a value")
                }
                all[name, default: []].append(value)
            } else {
                throw Problem(description: "unknown option --\(name)")
            }
        }
    }
}
