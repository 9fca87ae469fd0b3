import Testing
import Wire

@testable import Telegram

/// Places and people in messages.
@Suite struct EnclosureTests {
    @Test func `a place, and one that follows its sender`() throws {
        let place = try #require(
            try UpdateTests.message(#""location":{"latitude":52.520008,"longitude":-13.4}"#))
        #expect(
            place.location
                == LocationFacts(latitude: 525_200_080, longitude: -134_000_000))
        let live = try #require(
            try UpdateTests.message(
                #""location":{"longitude":0,"latitude":-90,"live_period":900,"heading":3}"#))
        #expect(live.location?.livePeriod == 900 && live.location?.latitude == -900_000_000)
    }

    @Test(arguments: [
        #""venue":{"title":"Café","address":"Str. 1","location":{"latitude":1,"longitude":2}}"#,
        #""location":{"latitude":9,"longitude":9},"venue":{"address":"Str. 1","title":"Café","#
            + #""foursquare_id":"x","location":{"latitude":1,"longitude":2}}"#,
    ])
    func `a venue has a name and an address`(fields: String) throws {
        let message = try #require(try UpdateTests.message(fields))
        var venue = LocationFacts(latitude: 10_000_000, longitude: 20_000_000)
        (venue.title, venue.address) = ("Café", "Str. 1")
        #expect(message.kind == "venue" && message.location == venue && message.contact == nil)
    }

    @Test func `a contact has a number and names`() throws {
        let message = try #require(
            try UpdateTests.message(
                #""contact":{"phone_number":"+49 30","first_name":"Zoë","user_id":7,"vcard":"x"}"#))
        var contact = ContactFacts()
        (contact.phoneNumber, contact.firstName) = ("+49 30", "Zoë")
        #expect(message.contact == contact && message.location == nil)
    }

    @Test(arguments: [
        #""location":{"latitude":91,"longitude":2}"#, #""location":{"latitude":"1"}"#,
        #""location":7"#, #""location":{"latitude":1e99,"longitude":0}"#,
        #""location":{"latitude":1,"longitude":-180.0000001}"#,
    ])
    func `a place that is none has its kind alone`(fields: String) throws {
        let message = try #require(try UpdateTests.message(fields))
        #expect(message.kind == "location" && message.location == nil)
    }

    @Test(
        arguments: [
            ("0", 0), ("1", 10_000_000), ("-0.1", -1_000_000), ("12.3456789", 123_456_789),
            ("0.00000009", 0), ("1.25e1", 125_000_000), ("125E-1", 125_000_000), ("1e-9", 0),
            ("52.520008123456789012345678", 525_200_081), ("0e99", 0), ("1e30", nil),
            ("99999999999999999999", nil), ("1e99999999999999999999", nil),
        ] as [(Text, Int64?)])
    func `numbers of degrees in ten-millionths`(number: Text, value: Int64?) {
        #expect(JSONScanner.tenMillionths(number) == value)
    }
}
