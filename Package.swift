// swift-tools-version: 6.2
// Roundhouse has no package dependencies: the rooms below, Foundation, Dispatch and Glibc from the
// toolchain, OpenSSL and SQLite from the system. docs/ARCHITECTURE.md says what each room is for.
import PackageDescription

/// Settings of every Swift target: warnings stop the build.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    // The rooms call each other in small steps on the hot path; optimised together they inline.
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// A library room under Sources.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A test target under Tests.
func tests(_ name: String, _ dependencies: [Target.Dependency], fixtures: Bool = false) -> Target {
    .testTarget(
        name: name, dependencies: dependencies,
        exclude: fixtures ? ["Fixtures"] : [], swiftSettings: strict)
}

let package = Package(
    name: "roundhouse",
    products: [
        .executable(name: "roundhouse", targets: ["roundhouse"]),
        .executable(name: "telegram-standin", targets: ["telegram-standin"]),
    ],
    targets: [
        // Level 0: the system's C libraries.
        .target(name: "CLinux"),
        .target(name: "CChecksum"),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        // Levels 1 to 3: the pure rooms.
        room("Wire", ["CChecksum"]),
        room("Raft", ["Wire"]),
        room("Routing", ["Wire"]),
        room("HTTP", ["Wire"]),
        room("Telegram", ["Wire"]),
        room("Replica", ["Raft", "Routing", "Wire"]),
        // Level 3: the outside world.
        room("Crypto", ["COpenSSL"]),
        room("Transport", ["CLinux", "COpenSSL"]),
        room("Storage", ["CLinux", "CSQLite", "Raft", "Routing", "Wire"]),
        // Level 4: the node.
        .target(
            name: "Console", exclude: ["README.md"],
            resources: [.embedInCode("Assets")], swiftSettings: strict),
        room(
            "Server",
            [
                "Wire", "Raft", "Routing", "HTTP", "Telegram", "Replica", "Crypto", "Transport",
                "Storage", "Console",
            ]),
        // Level 5: the programs.
        .executableTarget(
            name: "roundhouse", dependencies: ["Server", "Console"], swiftSettings: strict),
        .executableTarget(
            name: "telegram-standin", dependencies: ["Wire", "HTTP", "Transport", "Telegram"],
            swiftSettings: strict),
        // What breaks the house on purpose.
        .target(
            name: "Simulation", dependencies: ["Replica", "Raft", "Routing", "Wire"],
            path: "chaos/simulation", swiftSettings: strict),
        .executableTarget(
            name: "roundhouse-sim", dependencies: ["Simulation"], path: "chaos/roundhouse-sim",
            swiftSettings: strict),
        // Lets the conformance tests drive HTTP and WebSocket from Python.
        .executableTarget(
            name: "http-probe", dependencies: ["HTTP", "Wire"], path: "Tests/Probes/http-probe",
            swiftSettings: strict),
        // Measures what a log entry, a row and a click cost on a disk.
        .executableTarget(
            name: "storage-cost", dependencies: ["Storage", "Raft", "Routing", "Wire"],
            path: "Tests/Probes/storage-cost", swiftSettings: strict),
        // Fills a node's files with conversations.
        .executableTarget(
            name: "state-filler", dependencies: ["Replica", "Storage", "Raft", "Routing", "Wire"],
            path: "Tests/Probes/state-filler", swiftSettings: strict),
        // Sends webhooks at a rate.
        .executableTarget(
            name: "webhook-load", dependencies: ["HTTP", "Transport", "Wire"],
            path: "Tests/Probes/webhook-load", swiftSettings: strict),
        // Measures what one decision of the router costs.
        .executableTarget(
            name: "decision-cost", dependencies: ["Routing", "Wire"],
            path: "Tests/Probes/decision-cost", swiftSettings: strict),
        // A disk for SQLite that fails and loses power on demand.
        .target(name: "StorageFaults", dependencies: ["CSQLite"], path: "Tests/StorageFaults"),
        tests("WireTests", ["Wire"]),
        tests("RaftTests", ["Raft", "Wire"], fixtures: true),
        tests("RoutingTests", ["Routing", "Wire"], fixtures: true),
        tests("HTTPTests", ["HTTP", "Wire"]),
        tests("TelegramTests", ["Telegram", "Wire"]),
        tests("ReplicaTests", ["Replica", "Raft", "Routing", "Wire", "Simulation"]),
        tests("CryptoTests", ["Crypto"]),
        tests("TransportTests", ["Transport"]),
        tests("StorageTests", ["Storage", "StorageFaults", "Raft", "Routing", "Wire"]),
        tests(
            "ServerTests",
            [
                "Server", "Console", "Crypto", "HTTP", "Raft", "Replica", "Routing", "Storage",
                "Transport", "Wire",
            ]),
        tests("TidyTests", []),
    ]
)
