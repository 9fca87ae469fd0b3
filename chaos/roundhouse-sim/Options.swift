import Simulation

/// What a person asked for.
struct Options {
    /// Wrong arguments, in words.
    struct Mistake: Error { var message: String }

    /// The first seed, and how many.
    var first: UInt64 = 0
    var count: UInt64 = 1
    /// Whether one seed is wanted with a readable report.
    var isSingle = false
    /// Processes at work at once.
    var jobs = 2
    /// Simulated seconds per seed at least.
    var seconds: Int64 = 30
    var kind = Scenario.Kind.swarm
    /// Denser faults in shorter storms.
    var isBrief = false
    /// Stop at the first violation, which is then the only one reported.
    var untilFound = false
    /// Whether a failing seed is made smaller.
    var shrinks = true
    /// Whether everything that happens in a single seed is told.
    var traces = false
    /// A scenario to run instead of seeds, as printed by an earlier run.
    var scenario: String?
    var wantsHelp = false
    /// The process does what its parent asks on its standard input.
    var isWorker = false

    static let usage = """
        roundhouse-sim --seed S            run one seed and tell what happened
        roundhouse-sim --seeds N           run many; the last line is JSON
        roundhouse-sim --scenario JSON     run a scenario that an earlier run printed

          --first F        the first of many seeds (0)
          --seconds T      simulated seconds of storm per seed, at least (30)
          --jobs J         processes at once (2)
          --storms KIND    swarm: any mix of faults (as a rule); offices: leaders that die young;
                           members: nodes that come and go, logs that are cut; news: links that
                           close and open while nodes stand still; upgrade: nodes that get a new
                           release, and the level is raised
          --brief          denser faults in shorter storms
          --trace          with --seed or --scenario: tell everything
          --until-found    stop at the first seed that breaks a promise
          --no-shrink      don't look for a smaller run that breaks it too

        The exit status is 0 without a violation, 1 with one, 64 for wrong arguments.
        """

    static func parse(_ arguments: [String]) throws(Mistake) -> Options {
        var options = Options()
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--seed":
                options.first = try number(name, &rest)
                options.isSingle = true
            case "--seeds": options.count = try number(name, &rest)
            case "--first": options.first = try number(name, &rest)
            case "--seconds": options.seconds = Int64(clamping: try number(name, &rest))
            case "--jobs": options.jobs = max(1, min(256, Int(try number(name, &rest))))
            case "--storms":
                let text = rest.popFirst() ?? ""
                guard let kind = Scenario.Kind(rawValue: text) else {
                    let kinds = Scenario.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                    throw Mistake(message: "\(name) takes one of \(kinds), not \"\(text)\"")
                }
                options.kind = kind
            case "--scenario":
                guard let text = rest.popFirst() else {
                    throw Mistake(message: "\(name) needs the scenario's JSON after it")
                }
                options.scenario = text
            case "--brief": options.isBrief = true
            case "--trace": options.traces = true
            case "--until-found": options.untilFound = true
            case "--no-shrink": options.shrinks = false
            case "--worker": options.isWorker = true
            case "--help", "-h": options.wantsHelp = true
            default: throw Mistake(message: "\"\(name)\" is no option")
            }
        }
        return options
    }

    private static func number(
        _ name: String, _ rest: inout ArraySlice<String>
    ) throws(Mistake) -> UInt64 {
        let text = rest.popFirst() ?? ""
        guard let value = UInt64(text), value <= 1 << 40 else {
            throw Mistake(message: "\(name) takes a number, not \"\(text)\"")
        }
        return value
    }

    func scenario(seed: UInt64) -> Scenario {
        .drawn(kind, seed: seed, milliseconds: seconds * 1000, brief: isBrief)
    }
}
