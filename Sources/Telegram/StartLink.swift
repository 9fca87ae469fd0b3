import Wire

/// Links that open a bot and let it receive `/start` with a payload.
public enum StartLink {
    /// Whether Telegram passes this payload on: 1 to 64 letters, digits, `_` and `-`.
    public static func isValidPayload(_ payload: Text) -> Bool {
        (1...64).contains(payload.utf8.count) && payload.utf8.allSatisfy(isURLSafe)
    }

    /// `https://t.me/<bot>?start=<payload>`.
    public static func web(bot: Text, payload: Text) -> Text {
        Text(Array("https://t.me/".utf8) + bot.utf8 + Array("?start=".utf8) + payload.utf8)
    }

    /// `tg://resolve?domain=<bot>&start=<payload>`, for people who have the app.
    public static func app(bot: Text, payload: Text) -> Text {
        Text(
            Array("tg://resolve?domain=".utf8) + bot.utf8 + Array("&start=".utf8)
                + payload.utf8)
    }
}
