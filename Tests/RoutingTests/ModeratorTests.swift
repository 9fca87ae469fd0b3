import Testing
import Wire

@testable import Routing

/// How texts are compared with rules.
@Suite struct ModeratorTests {
    private func action(
        _ text: Text, _ rules: ModerationRule..., way: ModerationRule.Way = .inbound
    ) -> ModerationRule.Action? {
        Moderator(Moderation(version: 7, rules: rules)).verdict(on: text, way)?.action
    }

    @Test(
        arguments: [
            ("casino", "Come to the Casino!", true), ("casino", "casinos", false),
            ("casino", "my-casino.com", true), ("free money", "FREE MONEY now", true),
            ("free money", "free  money", false), ("退款", "我想申请退款", true),
            ("退款", "退货", false), ("café", "CAFÉ", true), ("ana", "banana", false),
            ("ana", "ana", true), ("spam", "s\u{200d}pa\u{200b}m", true), ("24", "2400", false),
        ] as [(Text, Text, Bool)])
    func `Words are found whole, whatever their case, and anywhere in scripts without spaces`(
        word: Text, text: Text, isFound: Bool
    ) {
        #expect((action(text, ModerationRule(word, .word, .both, .flag)) != nil) == isFound)
    }

    @Test(
        arguments: [
            ("t.me/*bot", "see T.ME/evil_bot now", true), ("t.me/*bot", "t.me/nothing", false),
            ("####-####", "card 1234-5678", true), ("####-####", "card 123-5678", false),
            ("c?sino", "CaSino c sino", true), ("c?sino", "csino", false),
            ("pay*now*here", "pay me now, right here", true),
            ("pay*now*here", "here pay now", false), ("ab", "xaby", true),
        ] as [(Text, Text, Bool)])
    func `Patterns are found anywhere, and their parts in order`(
        pattern: Text, text: Text, isFound: Bool
    ) {
        #expect(
            (action(text, ModerationRule(pattern, .pattern, .both, .flag)) != nil) == isFound)
    }

    @Test func `The strictest rule decides, the first among equals`() {
        let moderator = Moderator(
            Moderation(
                version: 7,
                rules: [
                    ModerationRule("one", .word, .both, .flag),
                    ModerationRule("two", .word, .both, .block),
                    ModerationRule("three", .word, .both, .block),
                ]))
        #expect(
            moderator.verdict(on: "three two one", .inbound)
                == Verdict(.block, version: 7, rule: "two"))
        #expect(
            moderator.verdict(on: "one", .outbound) == Verdict(.flag, version: 7, rule: "one"))
        #expect(moderator.verdict(on: "four", .outbound) == nil)
    }

    @Test func `A rule speaks of its direction alone`() {
        let rule = ModerationRule("price", .word, .outbound, .confirm)
        #expect(action("price", rule, way: .outbound) == .confirm)
        #expect(action("price", rule, way: .inbound) == nil)
    }

    @Test(
        arguments: [
            ("", .word, false), ("a", .word, true), ("\u{200b}", .word, false),
            ("*", .pattern, false), ("*a*", .pattern, false), ("##?", .pattern, false),
            ("a*b", .pattern, true),
        ] as [(Text, ModerationRule.Form, Bool)])
    func `A rule that would be found everywhere is not taken`(
        text: Text, form: ModerationRule.Form, isTaken: Bool
    ) {
        #expect(Moderator.takes(ModerationRule(text, form, .both, .flag)) == isTaken)
    }

    @Test func `The longest rule is taken, and one byte more is not`() {
        let longest = Text([UInt8](repeating: 0x61, count: ModerationRule.maxBytes))
        #expect(Moderator.takes(ModerationRule(longest, .word, .both, .flag)))
        let longer = Text(longest.utf8 + [0x61])
        #expect(!Moderator.takes(ModerationRule(longer, .word, .both, .flag)))
    }

    @Test func `The worst texts take no more than a look at each rule in each place`() {
        // Begins everywhere and ends nowhere: a search that tried again would be quadratic.
        let rules = (0..<Moderation.limit).map { _ in
            ModerationRule("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa*b", .pattern, .both, .flag)
        }
        let moderator = Moderator(Moderation(version: 1, rules: rules))
        let text = Text([UInt8](repeating: 0x61, count: 4096))
        let clock = ContinuousClock()
        let took = clock.measure { #expect(moderator.verdict(on: text, .inbound) == nil) }
        // 200 rules are followed to the text's end once each: milliseconds, not minutes.
        #expect(took < .seconds(5))
    }
}
