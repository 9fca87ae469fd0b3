import Routing
import Wire

/// What is kept of a visitor's address.
enum VisitorAddress {
    /// The address, its network, or nothing. What can't be read as an address has no network.
    static func kept(_ address: Text, _ terms: LinkTerms.Addresses) -> Text {
        switch terms {
        case .whole: address
        case .truncated: Text(network(of: address.utf8) ?? [])
        case .dropped: ""
        }
    }

    private static let colon = UInt8(ascii: ":")
    private static let dot = UInt8(ascii: ".")

    private static func network(of address: [UInt8]) -> [UInt8]? {
        guard address.contains(colon) else { return network4(of: address[...]) }
        // An IPv4 address in the form of an IPv6 address.
        if address.contains(dot), let last = address.lastIndex(of: colon) {
            return network4(of: address[(last + 1)...])
        }
        return network6(of: address)
    }

    /// The first three of four numbers.
    private static func network4(of address: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = address.split(separator: dot, omittingEmptySubsequences: false)
        let areNumbers = parts.allSatisfy { part in
            (1...3).contains(part.count) && part.allSatisfy { (0x30...0x39).contains($0) }
        }
        guard parts.count == 4, areNumbers else { return nil }
        return Array(parts[0..<3].joined(separator: [dot])) + Array(".0".utf8)
    }

    /// The first three of eight groups (RFC 4291, section 2.2).
    private static func network6(of address: [UInt8]) -> [UInt8]? {
        let bare = address.prefix { $0 != UInt8(ascii: "%") }
        var halves: [[UInt8]] = [Array(bare)]
        if let gap = bare.indices.dropLast().first(where: {
            bare[$0] == colon && bare[$0 + 1] == colon
        }) {
            halves = [Array(bare[..<gap]), Array(bare[(gap + 2)...])]
        }
        var groups: [[UInt8]] = []
        for (place, half) in halves.enumerated() {
            let parts =
                half.isEmpty
                ? [] : half.split(separator: colon, omittingEmptySubsequences: false)
            if place == 1 {
                let missing = 8 - groups.count - parts.count
                guard missing > 0 else { return nil }
                groups += Array(repeating: [UInt8(ascii: "0")], count: missing)
            }
            groups += parts.map { Array($0) }
        }
        let areHex = groups.allSatisfy { group in
            (1...4).contains(group.count) && group.allSatisfy(isHex)
        }
        guard groups.count == 8, areHex else { return nil }
        var network = Array(groups[..<3])
        while network.last?.allSatisfy({ $0 == UInt8(ascii: "0") }) == true {
            network.removeLast()
        }
        return Array(network.joined(separator: [colon])) + [colon, colon]
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
