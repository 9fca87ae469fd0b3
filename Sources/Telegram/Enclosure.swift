import Wire

/// A place that a message tells of (Bot API, "Location" and "Venue").
public struct LocationFacts: Hashable, Sendable {
    /// Degrees north, in ten-millionths.
    public var latitude: Int64
    /// Degrees east, in ten-millionths.
    public var longitude: Int64
    /// For how many seconds it follows its sender; 0 when it stays where it is.
    public var livePeriod: Int64 = 0
    /// The name of what is there; may be empty.
    public var title: Text = ""
    /// Where that is, in words; may be empty.
    public var address: Text = ""

    /// A place without a name.
    public init(latitude: Int64, longitude: Int64) {
        self.latitude = latitude
        self.longitude = longitude
    }

    /// The value of `location`; nil unless it has both coordinates within their bounds.
    static func decode(_ json: inout JSONScanner) throws(WireError) -> LocationFacts? {
        guard try json.beginObjectOrSkip() else { return nil }
        var latitude: Int64?
        var longitude: Int64?
        var livePeriod: Int64 = 0
        while try json.nextKey() {
            if json.keyIs("latitude") {
                latitude = try json.degrees(atMost: 90)
            } else if json.keyIs("longitude") {
                longitude = try json.degrees(atMost: 180)
            } else if json.keyIs("live_period") {
                livePeriod = max(0, try json.lenientInt64() ?? 0)
            } else {
                try json.skipValue()
            }
        }
        guard let latitude, let longitude else { return nil }
        var place = LocationFacts(latitude: latitude, longitude: longitude)
        place.livePeriod = livePeriod
        return place
    }

    /// The value of `venue`.
    static func venue(_ json: inout JSONScanner) throws(WireError) -> LocationFacts? {
        guard try json.beginObjectOrSkip() else { return nil }
        var place: LocationFacts?
        var title: Text = ""
        var address: Text = ""
        while try json.nextKey() {
            if json.keyIs("location") {
                place = try decode(&json)
            } else if json.keyIs("title") {
                title = try json.lenientText() ?? ""
            } else if json.keyIs("address") {
                address = try json.lenientText() ?? ""
            } else {
                try json.skipValue()
            }
        }
        place?.title = title
        place?.address = address
        return place
    }
}

/// A person that a message tells of (Bot API, "Contact").
public struct ContactFacts: Hashable, Sendable {
    /// As the sender's app has it, mostly digits.
    public var phoneNumber: Text = ""
    /// First name.
    public var firstName: Text = ""
    /// Last name; may be empty.
    public var lastName: Text = ""

    /// Nobody yet.
    public init() {}

    /// The value of `contact`.
    static func decode(_ json: inout JSONScanner) throws(WireError) -> ContactFacts? {
        guard try json.beginObjectOrSkip() else { return nil }
        var contact = ContactFacts()
        while try json.nextKey() {
            if json.keyIs("phone_number") {
                contact.phoneNumber = try json.lenientText() ?? ""
            } else if json.keyIs("first_name") {
                contact.firstName = try json.lenientText() ?? ""
            } else if json.keyIs("last_name") {
                contact.lastName = try json.lenientText() ?? ""
            } else {
                try json.skipValue()
            }
        }
        return contact
    }
}

extension JSONScanner {
    /// A number of degrees in ten-millionths, what is finer cut off; nil when it is none, or
    /// further from 0 than `limit` degrees.
    mutating func degrees(atMost limit: Int64) throws(WireError) -> Int64? {
        guard try peek() == .number else {
            try skipValue()
            return nil
        }
        guard let value = Self.tenMillionths(try number()) else { return nil }
        return (-limit * 10_000_000...limit * 10_000_000).contains(value) ? value : nil
    }

    /// A JSON number times ten millions, cut to an integer; nil when it has more than 64 bits.
    static func tenMillionths(_ number: Text) -> Int64? {
        var value: Int64 = 0
        var power = 7
        var isFraction = false
        let isNegative = number.utf8.first == UInt8(ascii: "-")
        let parts = number.utf8.split(maxSplits: 1) { $0 | 0x20 == UInt8(ascii: "e") }
        for byte in parts[0] {
            if byte == UInt8(ascii: ".") { isFraction = true }
            guard (0x30...0x39).contains(byte) else { continue }
            // Digits beyond the sixteenth say nothing that is kept.
            if value < 1_000_000_000_000_000 {
                value = value * 10 + Int64(byte - 0x30)
                if isFraction { power -= 1 }
            } else if !isFraction {
                power += 1
            }
        }
        if parts.count > 1 {
            guard let exponent = Int(String(decoding: parts[1], as: UTF8.self)) else { return nil }
            power += min(max(exponent, -100), 100)
        }
        while power < 0 {
            value /= 10
            power += 1
        }
        while power > 0 {
            let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            if isTooLarge { return nil }
            value = tens
            power -= 1
        }
        return isNegative ? -value : value
    }
}
