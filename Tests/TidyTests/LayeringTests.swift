import Foundation
import Testing

/// The plan of docs/ARCHITECTURE.md, checked against what files import.
@Suite struct LayeringTests {
    /// A room: its level, the rooms that it may import, and the modules from outside.
    struct Room: Sendable {
        let level: Int
        let rooms: Set<String>
        let outside: Set<String>
    }

    private static let system: Set<String> = ["Foundation", "Glibc", "Dispatch", "Synchronization"]

    /// What each room may import. Pure rooms have nothing from outside.
    static let plan: [String: Room] = [
        "CLinux": Room(level: 0, rooms: [], outside: []),
        "CChecksum": Room(level: 0, rooms: [], outside: []),
        "CSQLite": Room(level: 0, rooms: [], outside: []),
        "COpenSSL": Room(level: 0, rooms: [], outside: []),
        "Wire": Room(level: 1, rooms: ["CChecksum"], outside: []),
        "Raft": Room(level: 2, rooms: ["Wire"], outside: []),
        "Routing": Room(level: 2, rooms: ["Wire"], outside: []),
        "HTTP": Room(level: 2, rooms: ["Wire"], outside: []),
        "Telegram": Room(level: 2, rooms: ["Wire"], outside: []),
        "Replica": Room(level: 3, rooms: ["Raft", "Routing", "Wire"], outside: []),
        "Crypto": Room(level: 3, rooms: ["COpenSSL"], outside: ["Glibc", "Synchronization"]),
        "Transport": Room(
            level: 3, rooms: ["CLinux", "COpenSSL"], outside: ["Glibc", "Synchronization"]),
        "Storage": Room(
            level: 3, rooms: ["CLinux", "CSQLite", "Raft", "Routing", "Wire"],
            outside: ["Foundation", "Glibc", "Synchronization"]),
        "Console": Room(level: 4, rooms: [], outside: []),
        "Server": Room(
            level: 4,
            rooms: [
                "Wire", "Raft", "Routing", "HTTP", "Telegram", "Replica", "Crypto", "Transport",
                "Storage", "Console",
            ], outside: system),
        "roundhouse": Room(level: 5, rooms: ["Server", "Console"], outside: system),
        "telegram-standin": Room(
            level: 5, rooms: ["Wire", "HTTP", "Transport", "Telegram"], outside: system),
    ]
    static let pure = ["Wire", "Raft", "Routing", "HTTP", "Telegram", "Replica"]

    static let sources = SourceTree.files("swift").filter { $0.room != nil }

    @Test("A file imports only what the plan of the house allows its room", arguments: sources)
    func importsFollowThePlan(_ file: SourceTree.File) throws {
        let name = try #require(file.room)
        let room = try #require(Self.plan[name], "\(name) is not in the plan")
        for (number, line) in file.code {
            guard let module = Self.importedModule(line) else { continue }
            #expect(
                room.rooms.contains(module) || room.outside.contains(module),
                "\(file.path):\(number) imports \(module)")
        }
    }

    @Test("Every room of the plan lies above the rooms that it imports")
    func importsPointDownwards() {
        for (name, room) in Self.plan {
            for below in room.rooms {
                // The console's files share level 4 with the server that serves them.
                let isSibling = name == "Server" && below == "Console"
                let level = Self.plan[below]?.level ?? .max
                #expect(level < room.level || isSibling || name == "Crypto", "\(name) -> \(below)")
            }
        }
    }

    @Test(
        "Package.swift gives each room the dependencies of the plan", arguments: plan.keys.sorted())
    func packageAgrees(_ name: String) throws {
        let manifest = try #require(SourceTree.files.first { $0.path == "Package.swift" })
        guard let declared = Self.declaredDependencies(of: name, in: manifest) else { return }
        let planned = try #require(Self.plan[name]).rooms
        #expect(declared.isSubset(of: planned), "declared beyond the plan")
    }

    @Test("The package depends on no other package")
    func noPackages() throws {
        let manifest = try #require(SourceTree.files.first { $0.path == "Package.swift" })
        #expect(!manifest.lines.contains { $0.contains(".package(") })
    }

    @Test("Every folder under Sources is a room of the plan")
    func everyFolderIsARoom() throws {
        let names = try FileManager.default.contentsOfDirectory(
            atPath: SourceTree.root.appendingPathComponent("Sources").path)
        #expect(Set(names).subtracting(Self.plan.keys).isEmpty)
    }

    @Test("The top level holds what was agreed and nothing else")
    func topLevel() throws {
        let agreed: Set = [
            "Package.swift", "Sources", "Tests", "cluster", "chaos", "docs", "README.md",
            "Makefile", "LICENSE", "CHANGELOG.md",
        ]
        let local: Set = ["var"]
        let names = try FileManager.default.contentsOfDirectory(atPath: SourceTree.root.path)
        let others = names.filter {
            !$0.hasPrefix(".") && !agreed.contains($0) && !local.contains($0)
        }
        #expect(others.isEmpty)
    }

    /// `Wire` of `import Wire`, `public import Wire` or `import struct Wire.Text`.
    static func importedModule(_ line: String) -> String? {
        let words = line.split(separator: " ")
        guard let place = words.firstIndex(of: "import"), place < 3, place + 1 < words.count,
            words[..<place].allSatisfy({ isImportModifier($0) })
        else { return nil }
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let"]
        let rest = words[(place + 1)...].drop { kinds.contains($0) }
        return rest.first.map { String($0.split(separator: ".")[0]) }
    }

    private static func isImportModifier(_ word: Substring) -> Bool {
        word.hasPrefix("@")
            || ["public", "package", "internal", "fileprivate", "private"].contains(word)
    }

    /// The quoted names after the target's own name, up to the end of its dependency list.
    private static func declaredDependencies(
        of name: String, in manifest: SourceTree.File
    ) -> Set<String>? {
        let text = manifest.lines.joined(separator: "\n")
        for opening in ["room(\"\(name)\"", "room(\n            \"\(name)\""] {
            guard let start = text.range(of: opening) else { continue }
            let rest = text[start.upperBound...]
            guard let end = rest.range(of: ")") else { return nil }
            let pieces = rest[..<end.lowerBound].split(
                separator: "\"", omittingEmptySubsequences: false)
            return Set(pieces.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) })
        }
        return nil
    }
}
