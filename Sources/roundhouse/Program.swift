import Glibc
import Server

/// The command line. Exit codes are those of sysexits.h; docs/COMMANDS.md tells them.
enum Program {
    static let usage = """
        roundhouse \(Roundhouse.version): decides which agent answers which Telegram user

        roundhouse serve [--config FILE]      run a node; without a file a cluster of one in
                                              ./roundhouse-data, console at 127.0.0.1:8080
        roundhouse status [--config FILE]... [--operations ADDRESS]... [--json]
                                              roles, terms, indexes and lag of nodes
        roundhouse members list|add N ADDRESS [--wait]|remove N
                   --config FILE [--operations ADDRESS]
                                              who takes part; ADDRESS is the peer listener's
        roundhouse transfer [--to N] --config FILE [--operations ADDRESS]
                                              hand the leadership over
        roundhouse level [raise [--to N]] --config FILE [--operations ADDRESS]
                                              the feature level; raise it once every node runs
                                              the new release
        roundhouse reset-password LOGIN --config FILE [--new-password-file FILE]
                   [--operations ADDRESS]     a new password when no administrator can sign in
        roundhouse join --config FILE ADDRESS...
                                              run a new node that asks these peers for the members
        roundhouse recover --config FILE [--force-new-cluster]
                                              the last resort after a lost quorum; says what it
                                              would do and lose, and does it only when forced
        roundhouse project|agent|link|hook|session|customer|decision|
                   checkup|whatif|export|import|password ...
                   [--url URL] [--token-file FILE | --login NAME] [--json]
                                              administration through any node's API; each of
                                              these words alone tells what may follow
        roundhouse backup --config FILE --to COPY
                                              copy what a node has, while it runs or not
        roundhouse restore COPY --config FILE [--force-new-cluster]
                                              make a data directory out of a copy; says what
                                              would be lost, and does it only when forced
        roundhouse config check FILE          check a configuration
        roundhouse key new                    print a new cluster key
        roundhouse version | help

        """

    /// Runs one command; gives the exit code.
    static func run(_ words: [String]) -> Int32 {
        do {
            guard let command = words.first else {
                complain(usage)
                return EX_USAGE
            }
            let rest = words.dropFirst()
            switch command {
            case "serve": return try serve(rest)
            case "status": return try status(rest)
            case "members": return try members(rest)
            case "transfer": return try transfer(rest)
            case "level": return try level(rest)
            case "reset-password": return try resetPassword(rest)
            case "join": return try join(rest)
            case "recover": return try recover(rest)
            case "backup": return try backup(rest)
            case "restore": return try restore(rest)
            case _ where AdminCommand.usages[command] != nil: return try administer(command, rest)
            case "config": return try config(rest)
            case "key": return try key(rest)
            case "version", "--version":
                print("roundhouse \(Roundhouse.version)")
            case "help", "--help", "-h":
                print(usage, terminator: "")
            default:
                throw Arguments.Problem(description: "unknown command \(command)")
            }
            return 0
        } catch let problem as Arguments.Problem {
            complain("roundhouse: \(problem); `roundhouse help` lists the commands\n")
            return EX_USAGE
        } catch let error as ConfigurationError {
            complain("roundhouse: \(error)\n")
            return EX_CONFIG
        } catch let failure as Roundhouse.StartFailure {
            complain("roundhouse: \(failure)\n")
            return failure.code
        } catch {
            complain("roundhouse: \(error)\n")
            return EX_SOFTWARE
        }
    }

    private static func serve(_ words: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(words, options: ["config"], flags: [])
        guard arguments.words.isEmpty else {
            throw Arguments.Problem(description: "serve takes no further words")
        }
        let file = arguments.options["config"]
        let configuration = try file.map(NodeConfiguration.read) ?? NodeConfiguration.alone()
        return try Roundhouse.serve(configuration, configurationFile: file)
    }

    private static func status(_ words: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(
            words, options: ["config", "operations"], flags: ["json"])
        guard arguments.words.isEmpty else {
            throw Arguments.Problem(description: "status takes no further words")
        }
        var addresses: [String] = []
        for text in arguments.all["operations"] ?? [] {
            addresses += text.split(separator: ",").map(String.init)
        }
        for file in arguments.all["config"] ?? [] {
            addresses.append("\(try NodeConfiguration.read(file).operationsListen)")
        }
        if addresses.isEmpty {
            addresses = ["\(NodeConfiguration.alone().operationsListen)"]
        }
        return try StatusReport.run(addresses: addresses, asJSON: arguments.flags.contains("json"))
    }

    private static func config(_ words: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(words, options: [], flags: [])
        guard arguments.words.count == 2, arguments.words[0] == "check" else {
            throw Arguments.Problem(description: "say `config check FILE`")
        }
        let configuration = try NodeConfiguration.read(arguments.words[1])
        print(
            "\(arguments.words[1]): good; node \(configuration.node) of cluster "
                + "\(configuration.cluster), \(max(1, configuration.members.count)) members")
        return 0
    }

    private static func key(_ words: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(words, options: [], flags: [])
        guard arguments.words == ["new"] else {
            throw Arguments.Problem(description: "say `key new`")
        }
        print(ClusterKey.make(), terminator: "")
        return 0
    }

    private static func complain(_ text: String) {
        let bytes = Array(text.utf8)
        // Nothing can be done when standard error is closed.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
