/// The words of one command line: options with a value, flags, and the rest in order.
struct Arguments {
    /// Values of options such as `--config FILE` or `--config=FILE`, in order.
    private(set) var all: [String: [String]] = [:]
    /// The last value of each option.
    var options: [String: String] { all.compactMapValues(\.last) }
    /// Flags such as `--json`.
    private(set) var flags: Set<String> = []
    /// Words that are neither, in order.
    private(set) var words: [String] = []

    /// What is wrong with a command line, for people.
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// Reads words; only the named options and flags are known, others are a problem.
    init(_ words: some Sequence<String>, options known: Set<String>, flags knownFlags: Set<String>)
        throws(Problem)
    {
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
