import Foundation
import Testing

/// Every story is played and compared with its file.
@Suite struct StoryTests {
    /// With this variable in the environment the files are written anew, and the test fails so that
    /// nobody takes that for a success.
    static let rewrite = ProcessInfo.processInfo.environment["REWRITE_STORIES"] != nil

    @Test(arguments: Story.names)
    func `The story goes as it is written`(name: String) throws {
        let text = try String(contentsOf: Story.file(name), encoding: .utf8)
        let story = try Story(text)
        let played = try story.played()
        if Self.rewrite, played.text != text {
            try played.text.write(to: Story.file(name), atomically: true, encoding: .utf8)
            Issue.record("\(name) was written anew; read what changed")
            return
        }
        for (old, new) in zip(story.blocks, played.blocks) {
            #expect(
                old.told == new.told, "\(name), after: \(old.commands.joined(separator: "; "))")
        }
        #expect(played.text == text, "\(name) is not written in the usual form")
    }

    @Test func `There are stories`() {
        #expect(Story.names.count >= 20)
    }
}
