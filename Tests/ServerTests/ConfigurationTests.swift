import Foundation
import Raft
import Testing
import Transport
import Wire

@testable import Server

/// A configuration as a test changes it.
private func configuration(_ changes: (inout [String: Any]) -> Void = { _ in }) throws
    -> NodeConfiguration
{
    var json: [String: Any] = [
        "cluster": "demo", "node": 1, "dataDirectory": "data", "clusterKeyFile": "key",
        "public": ["listen": "127.0.0.1:8081"], "operations": ["listen": "127.0.0.1:9081"],
    ]
    changes(&json)
    let data = try JSONSerialization.data(withJSONObject: json)
    let value = try JSONValue.parse(Array(data))
    return try NodeConfiguration(value, file: "node.json", directory: "/etc/roundhouse")
}

/// The path that a bad configuration is told with.
private func pathOfProblem(_ changes: (inout [String: Any]) -> Void) -> String? {
    do {
        _ = try configuration(changes)
        return nil
    } catch let error as ConfigurationError {
        return error.path
    } catch {
        return "\(error)"
    }
}

@Suite struct ConfigurationTests {
    @Test func `a whole configuration is read`() throws {
        let read = try configuration { json in
            json["peer"] = ["listen": "127.0.0.1:7081", "insecure": true]
            json["members"] = [
                ["node": 1, "peer": "127.0.0.1:7081"], ["node": 2, "peer": "127.0.0.1:7082"],
            ]
            json["limits"] = ["connections": 5, "webhookBodyBytes": 2048]
            json["telegram"] = ["apiURL": "http://127.0.0.1:8443"]
            json["logLevel"] = "warning"
            json["trustedProxies"] = ["::1"]
        }
        #expect(read.cluster == "demo")
        #expect(read.members.count == 2)
        #expect(read.limits.connections == 5)
        #expect(read.limits.webhookBodyBytes == 2048)
        #expect(read.limits.bodyBytes == NodeLimits().bodyBytes)
        #expect(read.telegram.apiURL == "http://127.0.0.1:8443")
        #expect(read.logLevel == .warning)
        #expect(read.trustedProxies == ["::1"])
    }

    @Test func `hooks stay outside private networks unless the file says otherwise`() throws {
        #expect(try !configuration().hooks.allowsPrivate)
        let read = try configuration { $0["hooks"] = ["allowPrivate": true, "caFile": "ca.pem"] }
        #expect(read.hooks.allowsPrivate && read.hooks.caFile == "/etc/roundhouse/ca.pem")
        #expect(pathOfProblem { $0["hooks"] = ["allowPrivate": 1] } == "$.hooks.allowPrivate")
        #expect(pathOfProblem { $0["hooks"] = ["allow": true] } == "$.hooks.allow")
    }

    @Test func `relative paths start at the file's directory`() throws {
        let read = try configuration { $0["clusterKeyFile"] = "/keys/cluster" }
        #expect(read.dataDirectory == "/etc/roundhouse/data")
        #expect(read.clusterKeyFile == "/keys/cluster")
    }

    @Test func `an unknown key is named with its path`() {
        #expect(pathOfProblem { $0["colour"] = "red" } == "$.colour")
        #expect(
            pathOfProblem { $0["public"] = ["listen": "127.0.0.1:1", "port": 1] }
                == "$.public.port")
        #expect(pathOfProblem { $0["limits"] = ["conections": 1] } == "$.limits.conections")
    }

    @Test func `a bad value is named with its path`() {
        #expect(pathOfProblem { $0["node"] = 0 } == "$.node")
        #expect(pathOfProblem { $0["node"] = "one" } == "$.node")
        #expect(pathOfProblem { $0["cluster"] = "no spaces" } == "$.cluster")
        #expect(pathOfProblem { $0["logLevel"] = "loud" } == "$.logLevel")
        #expect(pathOfProblem { $0["public"] = ["listen": "8081"] } == "$.public.listen")
        #expect(pathOfProblem { $0["limits"] = ["connections": 0] } == "$.limits.connections")
        #expect(pathOfProblem { $0["trustedProxies"] = ["proxy"] } == "$.trustedProxies[0]")
        #expect(pathOfProblem { $0["telegram"] = ["apiURL": "ftp://x"] } == "$.telegram.apiURL")
    }

    @Test(arguments: [("scrubMiBPerSecond", 1...10_000), ("diskReserveMiB", 4...1_048_576)])
    func `a bound is taken up to its edges`(key: String, range: ClosedRange<Int>) {
        for good in [range.lowerBound, range.upperBound] {
            #expect(pathOfProblem { $0["limits"] = [key: good] } == nil)
        }
        for bad in [range.lowerBound - 1, range.upperBound + 1] {
            #expect(pathOfProblem { $0["limits"] = [key: bad] } == "$.limits.\(key)")
        }
    }

    @Test func `a missing setting is named with its path`() {
        #expect(pathOfProblem { $0["dataDirectory"] = nil } == "$.dataDirectory")
        #expect(pathOfProblem { $0["public"] = nil } == "$.public")
        #expect(pathOfProblem { $0["operations"] = [String: Any]() } == "$.operations.listen")
    }

    @Test func `HTTPS needs both files`() {
        #expect(
            pathOfProblem { $0["public"] = ["listen": "127.0.0.1:1", "keyFile": "k"] }
                == "$.public.certificateFile")
    }

    @Test func `members list this node once and know where peers connect`() {
        let one: [String: Any] = ["node": 1, "peer": "127.0.0.1:7081"]
        let two: [String: Any] = ["node": 2, "peer": "127.0.0.1:7082"]
        #expect(pathOfProblem { $0["members"] = [two] } == "$.members")
        #expect(pathOfProblem { $0["members"] = [one, one] } == "$.members[1].node")
        #expect(pathOfProblem { $0["members"] = [one, two] } == "$.peer")
    }

    @Test func `links in clear stay on loopback and only when asked`() {
        #expect(pathOfProblem { $0["peer"] = ["listen": "127.0.0.1:7081"] } == "$.peer.tls")
        let clear = ["listen": "127.0.0.1:7081", "insecure": true] as [String: Any]
        #expect(
            pathOfProblem { $0["peer"] = ["listen": "0.0.0.0:7081", "insecure": true] }
                == "$.peer.listen")
        #expect(pathOfProblem { $0["peer"] = ["listen": "[::1]:7081", "insecure": true] } == nil)
        #expect(
            pathOfProblem {
                $0["peer"] = ["listen": "127.0.0.1:1", "insecure": "yes"]
            } == "$.peer.insecure")
        #expect(
            pathOfProblem {
                $0["peer"] = clear
                $0["members"] = [["node": 1, "peer": "10.0.0.1:7081"]]
            } == "$.members[0].peer")
    }

    @Test func `with certificates nodes may be anywhere`() {
        let tls = ["caFile": "ca.pem", "certificateFile": "n.pem", "keyFile": "n.key"]
        func peer(_ tls: [String: String], _ more: [String: Any] = [:]) -> [String: Any] {
            ["listen": "0.0.0.0:7081", "tls": tls].merging(more) { $1 }
        }
        #expect(
            pathOfProblem {
                $0["peer"] = peer(tls)
                $0["members"] = [["node": 1, "peer": "10.0.0.1:7081"]]
            } == nil)
        #expect(
            pathOfProblem { $0["peer"] = peer(tls, ["insecure": true]) } == "$.peer.insecure")
        for key in tls.keys {
            #expect(
                pathOfProblem { $0["peer"] = peer(tls.filter { $0.key != key }) }
                    == "$.peer.tls.\(key)")
        }
        #expect(
            pathOfProblem { $0["peer"] = peer(tls.merging(["ca": "x"]) { $1 }) } == "$.peer.tls.ca")
    }

    @Test func `a file that is not JSON says so`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json").path
        try Data("{".utf8).write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(throws: ConfigurationError.self) { try NodeConfiguration.read(file) }
        #expect(throws: ConfigurationError.self) { try NodeConfiguration.read(file + ".gone") }
    }
}

@Suite struct FoundingMembersTests {
    private func settings(_ members: [NodeID], join: [String] = [], in directory: String) throws
        -> NodeConfiguration
    {
        var settings = try configuration()
        settings.dataDirectory = directory
        for member in members {
            settings.members[member] = SocketAddress(ip: "127.0.0.1", port: UInt16(member.rawValue))
        }
        settings.join = join.compactMap { SocketAddress($0) }
        return settings
    }

    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "\(UUID())").path
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body(directory)
    }

    @Test func `another list of members than at the first start is refused while it counts`() throws
    {
        try withDirectory { directory in
            let first = try FoundingMembers.configuration(
                of: settings([2, 1], in: directory), isPinned: true)
            #expect(first.voters == [1, 2] && first.socketAddress(of: 2)?.port == 2)
            _ = try FoundingMembers.configuration(
                of: settings([1, 2], in: directory), isPinned: true)
            #expect(throws: ConfigurationError.self) {
                try FoundingMembers.configuration(of: settings([], in: directory), isPinned: true)
            }
            _ = try FoundingMembers.configuration(of: settings([], in: directory), isPinned: false)
        }
    }

    @Test func `a node that began to join never founds a cluster of its own`() throws {
        try withDirectory { directory in
            let joined = try FoundingMembers.configuration(
                of: settings([], join: ["127.0.0.1:1"], in: directory), isPinned: true)
            #expect(joined.voters.isEmpty)
            let later = try FoundingMembers.configuration(
                of: settings([1], in: directory), isPinned: true)
            #expect(later.voters.isEmpty)
        }
    }

    @Test func `joining needs an address for the others and good ones to ask`() {
        #expect(pathOfProblem { $0["join"] = ["127.0.0.1:1"] } == "$.peer")
        #expect(
            pathOfProblem {
                $0["peer"] = ["listen": "127.0.0.1:7081", "insecure": true]
                $0["join"] = ["127.0.0.1:1", "there"]
            } == "$.join[1]")
    }
}
