import Foundation

@testable import Raft

/// A protocol story: a text file of commands to a small cluster, each block followed by what came
/// of it. docs/TESTING.md describes the language.
struct Story {
    /// A comment, commands, and what is told of them.
    struct Block {
        var comment: [String] = []
        var commands: [String] = []
        var told: [String] = []
    }
    /// A line that can't be understood.
    struct Mistake: Error, CustomStringConvertible {
        var description: String
    }

    var blocks: [Block] = []
    private static let divider = "----"

    init(_ text: String) throws {
        for part in text.split(separator: "\n\n") {
            var block = Block()
            var isTold = false
            for line in part.split(separator: "\n").map(String.init) {
                if line.hasPrefix("#") {
                    block.comment.append(line)
                } else if line == Self.divider {
                    isTold = true
                } else if isTold {
                    block.told.append(line)
                } else {
                    block.commands.append(line)
                }
            }
            blocks.append(block)
        }
    }

    /// The story as its file has it.
    var text: String {
        blocks.map { block in
            let told = block.commands.isEmpty ? [] : [Self.divider] + block.told
            return (block.comment + block.commands + told).joined(separator: "\n")
        }.joined(separator: "\n\n") + "\n"
    }

    /// The same story with what really comes of it.
    func played() throws -> Story {
        var stage = Stage()
        var played = self
        for place in played.blocks.indices where !played.blocks[place].commands.isEmpty {
            for command in played.blocks[place].commands {
                do {
                    try stage.perform(command)
                } catch {
                    throw Mistake(description: "\(command): \(error)")
                }
            }
            let told = stage.takeTold()
            played.blocks[place].told = told.isEmpty ? ["nothing"] : told
        }
        return played
    }

    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("Fixtures")

    /// The stories' names, ascending.
    static var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".story") }.map { String($0.dropLast(6)) }.sorted()
    }

    static func file(_ name: String) -> URL { folder.appendingPathComponent(name + ".story") }
}
