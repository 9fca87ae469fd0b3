import Wire

/// What a `User-Agent` tells: the browser's family, the system and the kind of device. A guess by
/// the words that browsers write; who writes others is "other".
struct UserAgent: Hashable, Sendable {
    /// "Chrome", "Safari", ...
    let family: String
    /// "Android", "iOS", "Windows", ...
    let system: String
    /// "phone", "tablet" or "desktop"; "other" where nothing tells.
    let device: String

    /// Words and what they mean, the first that occurs decides: browsers name their ancestors too.
    private static let families: [(word: String, name: String)] = [
        ("Telegram", "Telegram"), ("MicroMessenger", "WeChat"), ("Instagram", "Instagram"),
        ("FBAN", "Facebook"), ("FBAV", "Facebook"), ("Edg", "Edge"), ("OPR/", "Opera"),
        ("YaBrowser", "Yandex"), ("SamsungBrowser", "Samsung Internet"), ("UCBrowser", "UC"),
        ("FxiOS", "Firefox"), ("Firefox/", "Firefox"), ("CriOS", "Chrome"),
        ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ]
    private static let systems: [(word: String, name: String)] = [
        ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("iPod", "iOS"),
        ("Windows", "Windows"), ("Macintosh", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
    ]

    /// What these bytes tell.
    init(_ text: Text) {
        let words = text.string
        family = UserAgent.families.first { words.contains($0.word) }?.name ?? "other"
        system = UserAgent.systems.first { words.contains($0.word) }?.name ?? "other"
        device =
            switch system {
            case "iOS": words.contains("iPad") ? "tablet" : "phone"
            case "Android": words.contains("Mobile") ? "phone" : "tablet"
            case "other": words.contains("Mobile") ? "phone" : "other"
            default: "desktop"
            }
    }
}
