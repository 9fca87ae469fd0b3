import Wire

/// A person with a Telegram account.
final class Customer {
    let id: Int64
    var firstName: Text
    var lastName: Text
    var username: Text
    var languageCode: Text
    var isDeactivated = false

    init(id: Int64, firstName: Text, lastName: Text, username: Text, languageCode: Text) {
        self.id = id
        self.firstName = firstName
        self.lastName = lastName
        self.username = username
        self.languageCode = languageCode
    }

    private static let firstNames: [Text] = [
        "Ada", "Bruno", "Chen", "Dara", "Elif", "Farid", "Greta", "Hana", "Ivo", "Jun", "Kofi",
        "Lena", "Marta", "Nils", "Olga", "Pia", "Quinn", "Rosa", "Sami", "Tara",
    ]
    private static let lastNames: [Text] = ["", "A.", "B.", "K.", "L.", "M.", "R.", "S."]
    private static let languages: [Text] = ["en", "de", "zh-hans", "es", "pt-br", "ru", "fr"]

    /// A customer whose names follow from the number, so that they are the same in every run.
    static func madeUp(id: Int64) -> Customer {
        let number = Int(truncatingIfNeeded: UInt64(bitPattern: id) % 1_000_003)
        let first = firstNames[number % firstNames.count]
        return Customer(
            id: id, firstName: first, lastName: lastNames[number / 20 % lastNames.count],
            username: number % 3 == 0
                ? "" : Text("\(first.string.lowercased())_\(UInt64(bitPattern: id) % 100_000)"),
            languageCode: languages[number / 7 % languages.count])
    }

    /// The sender of a message.
    var userJSON: JSONValue {
        var members: [JSONValue.Member] = [
            .init("id", .int(id)), .init("is_bot", false), .init("first_name", .text(firstName)),
        ]
        if !lastName.isEmpty { members.append(.init("last_name", .text(lastName))) }
        if !username.isEmpty { members.append(.init("username", .text(username))) }
        if !languageCode.isEmpty {
            members.append(.init("language_code", .text(languageCode)))
        }
        return .object(members)
    }

    /// The private chat with this person.
    var chatJSON: JSONValue {
        var members: [JSONValue.Member] = [
            .init("id", .int(id)), .init("first_name", .text(firstName)),
        ]
        if !lastName.isEmpty { members.append(.init("last_name", .text(lastName))) }
        if !username.isEmpty { members.append(.init("username", .text(username))) }
        members.append(.init("type", "private"))
        return .object(members)
    }
}
