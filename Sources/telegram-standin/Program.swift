import Glibc
import Transport

/// The process: options in, listeners up, the loop until a signal.
enum Program {
    /// Runs until SIGINT or SIGTERM; gives the exit status.
    static func run(_ arguments: [String]) -> Int32 {
        do {
            let options = try Options.parse(Array(arguments.dropFirst()))
            if options.wantsHelp {
                print(Options.usage)
                return 0
            }
            try serve(options)
            return 0
        } catch let error as OptionError {
            complain("telegram-standin: \(error.message)\n\n\(Options.usage)")
            return 64
        } catch {
            complain("telegram-standin: \(error)")
            return 1
        }
    }

    private static func serve(_ options: Options) throws {
        let loop = try EventLoop()
        let world = try World(options: options, loop: loop)
        var listeners: [FrontDoor] = []
        var tls: TLSServerContext?
        if let certificate = options.certificateFile, let key = options.keyFile {
            tls = try TLSServerContext(certificateFile: certificate, keyFile: key)
        }
        listeners.append(try FrontDoor(world: world, address: options.listen, tls: tls))
        if let plain = options.listenPlain {
            listeners.append(try FrontDoor(world: world, address: plain, tls: nil))
        }
        for signal in [SIGINT, SIGTERM] {
            try SignalWatch.watch(signal, on: loop) { loop.stop() }
        }
        // The tests and `make run` read these lines to learn the ports.
        for listener in listeners { print("listening on \(listener.url)") }
        fflush(nil)
        world.start()
        loop.run()
        loop.shutDown()
        withExtendedLifetime(listeners) {}
    }

    /// One line for the operator on stderr.
    static func complain(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        // A lost line of the log is no reason to stop.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
