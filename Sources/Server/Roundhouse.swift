import Crypto
import Glibc
import Raft
import Replica
import Routing
import Storage
import Transport
import Wire

/// The node as a program: opens the files, starts the loop, ends on a signal.
public enum Roundhouse {
    /// The release.
    public static let version = "0.1.0"
    /// The exit code of a release that is too old for its cluster: of sysexits.h, a protocol that
    /// does not fit.
    static let outdatedCode: Int32 = 76

    /// Why a node could not start, in words for the operator.
    public struct StartFailure: Error, CustomStringConvertible {
        /// What happened, where, and what to do.
        public var description: String
        /// The process's exit code, of sysexits.h.
        public var code: Int32
    }

    /// Runs a node until it is told to stop; gives the process's exit code.
    ///
    /// - Parameter configurationFile: where the configuration was read, to read its log level and
    ///   certificates again on SIGHUP; nil for a node that runs alone.
    public static func serve(
        _ configuration: NodeConfiguration, configurationFile: String?
    ) throws(StartFailure) -> Int32 {
        // Every file that the node makes, SQLite's included, is its owner's alone.
        umask(0o077)
        let log = Log(node: configuration.node.rawValue, level: configuration.logLevel)
        defer { log.flush() }
        do {
            let host = try NodeHost(configuration, log)
            try watchSignals(host, configurationFile)
            host.start()
            host.loop.run()
            host.close()
            if let error = host.ending?.error { throw error }
            let code = host.ending?.code ?? 0
            log.info("stopped", ["code": .number(Int64(code))])
            return code
        } catch let error as ConfigurationError {
            throw StartFailure(description: error.description, code: 78)
        } catch let error as NewerLevel {
            throw StartFailure(description: error.description, code: outdatedCode)
        } catch let error as StorageError {
            throw StartFailure(description: error.description, code: 74)
        } catch let error as Fence {
            throw StartFailure(description: error.description, code: 74)
        } catch let error as TransportError {
            throw StartFailure(description: error.description, code: 69)
        } catch {
            throw StartFailure(description: "\(error)", code: 70)
        }
    }

    private static func watchSignals(
        _ host: NodeHost, _ configurationFile: String?
    ) throws(TransportError) {
        for signal in [SIGTERM, SIGINT] {
            try SignalWatch.watch(signal, on: host.loop) { [unowned host] in host.leave() }
        }
        try SignalWatch.watch(SIGHUP, on: host.loop) { [unowned host] in
            reload(host, configurationFile)
        }
    }

    /// Certificates and log level are read again; everything else needs a restart.
    private static func reload(_ host: NodeHost, _ configurationFile: String?) {
        do {
            if let configurationFile {
                host.log.setLevel(try NodeConfiguration.read(configurationFile).logLevel)
            }
            try host.publicTLS?.reload()
            try host.certificates?.reload()
            host.log.info("reloaded log level and certificates")
        } catch {
            host.log.error("not reloaded; the old settings stay", ["reason": .text("\(error)")])
        }
    }
}
