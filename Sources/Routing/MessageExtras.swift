import Wire

/// What goes along with a customer's text from the second level on.
public struct MessageExtras: Hashable, Sendable {
    /// How the text or caption is to look.
    public var entities: [TextEntity] = []
    /// What is told of the file.
    public var attachment = Attachment()
    /// Telegram's name of the album that the message is a part of; empty: it is part of none.
    public var album: Text = ""
    /// Telegram's number of the message that this one answers; 0: it answers none.
    public var replyTo: Int64 = 0
    /// The place or the person that the message consists of.
    public var enclosure: Enclosure?

    /// The longest name of an album that is kept, in bytes.
    public static let maxAlbumBytes = 64

    /// Whether there is nothing.
    public var isEmpty: Bool { entities.isEmpty && attachment.isEmpty && !hasMore }
    /// Whether there is more than a look and a file.
    var hasMore: Bool { !album.isEmpty || replyTo != 0 || enclosure != nil }

    /// Extras of these parts; entities that do not lie within the text are left out.
    public init(
        entities: [TextEntity] = [], of text: Text = "", attachment: Attachment = Attachment(),
        album: Text = "", replyTo: Int64 = 0, enclosure: Enclosure? = nil
    ) {
        let units = entities.isEmpty ? 0 : text.utf16Units
        self.entities = Array(entities.filter { $0.fits(units) }.prefix(TextEntity.limit))
        self.attachment = attachment
        self.album = album.prefix(bytes: Self.maxAlbumBytes)
        self.replyTo = replyTo
        self.enclosure = enclosure
    }
}

/// The look and the file; the rest follows where the tag before says so.
extension MessageExtras: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(entities)
        writer.put(attachment)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        entities = try reader.take()
        attachment = try reader.take()
        if isEmpty { throw WireError(.badValue("extras"), offset: start) }
    }
}

/// All extras, where there is more than a look and a file.
struct WholeExtras: Coded {
    var extras: MessageExtras
    init(_ extras: MessageExtras) { self.extras = extras }

    func encode(into writer: inout ByteWriter) {
        writer.put(extras.entities)
        writer.put(extras.attachment)
        writer.text(extras.album)
        writer.put(extras.replyTo)
        writer.put(extras.enclosure)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        extras = MessageExtras()
        extras.entities = try reader.take()
        extras.attachment = try reader.take()
        extras.album = try reader.text()
        extras.replyTo = try reader.take()
        extras.enclosure = try reader.take()
    }
}

/// What a message consists of that is neither text nor file.
public enum Enclosure: Hashable, Sendable {
    /// A place; `location` or `venue`.
    case location(Location)
    /// A person; `contact`.
    case contact(ContactCard)

    /// Its words, by which it can be searched; may be empty.
    public var words: Text {
        switch self {
        case .location(let place): place.title.joined(place.address)
        case .contact(let person): person.firstName.joined(person.lastName)
        }
    }
}

extension Text {
    /// Two texts with a space between, or the one that is not empty.
    public func joined(_ other: Text) -> Text {
        if isEmpty || other.isEmpty { return isEmpty ? other : self }
        return Text(utf8 + [UInt8(ascii: " ")] + other.utf8)
    }
}

/// A place on the earth.
public struct Location: Hashable, Sendable {
    /// Degrees north, in ten-millionths.
    public var latitude: Int64
    /// Degrees east, in ten-millionths.
    public var longitude: Int64
    /// Whether it follows its sender.
    public var isLive: Bool
    /// The name of what is there; may be empty.
    public var title: Text
    /// Where that is, in words; may be empty.
    public var address: Text

    /// How many units a degree has.
    public static let perDegree: Int64 = 10_000_000
    /// The longest title and address kept, in bytes.
    public static let maxTextBytes = 255

    /// A place of these parts; long words are cut.
    public init(
        latitude: Int64, longitude: Int64, isLive: Bool = false, title: Text = "",
        address: Text = ""
    ) {
        self.latitude = latitude
        self.longitude = longitude
        self.isLive = isLive
        self.title = title.prefix(bytes: Self.maxTextBytes)
        self.address = address.prefix(bytes: Self.maxTextBytes)
    }
}

/// A person, as somebody's telephone knows them.
public struct ContactCard: Hashable, Sendable {
    /// As it was sent, mostly digits.
    public var phoneNumber: Text
    /// First name.
    public var firstName: Text
    /// Last name; may be empty.
    public var lastName: Text

    /// The longest name and number kept, in bytes.
    public static let maxTextBytes = 255

    /// A person of these parts; long words are cut.
    public init(phoneNumber: Text, firstName: Text, lastName: Text = "") {
        self.phoneNumber = phoneNumber.prefix(bytes: Self.maxTextBytes)
        self.firstName = firstName.prefix(bytes: Self.maxTextBytes)
        self.lastName = lastName.prefix(bytes: Self.maxTextBytes)
    }
}

extension Enclosure: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .location(let place):
            writer.u8(1)
            writer.put(place.latitude)
            writer.put(place.longitude)
            writer.bool(place.isLive)
            writer.text(place.title)
            writer.text(place.address)
        case .contact(let person):
            writer.u8(2)
            writer.text(person.phoneNumber)
            writer.text(person.firstName)
            writer.text(person.lastName)
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let tag = try reader.u8()
        switch tag {
        case 1:
            var place = Location(latitude: try reader.take(), longitude: try reader.take())
            place.isLive = try reader.bool()
            place.title = try reader.text()
            place.address = try reader.text()
            self = .location(place)
        case 2:
            var person = ContactCard(phoneNumber: "", firstName: "")
            person.phoneNumber = try reader.text()
            person.firstName = try reader.text()
            person.lastName = try reader.text()
            self = .contact(person)
        default: throw reader.unknown(tag, at: start)
        }
    }
}
