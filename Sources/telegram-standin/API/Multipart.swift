import Wire

/// The parts of a `multipart/form-data` body (RFC 7578).
enum Multipart {
    struct Part {
        let name: Text
        /// Given for files only.
        let fileName: Text?
        let contentType: Text
        let bytes: ArraySlice<UInt8>
    }

    /// Parts in one body; the rest is ignored.
    static let maxParts = 200

    /// The parts; none when the boundary is missing or the body is not of this form.
    static func parts(of body: [UInt8], contentType: String) -> [Part] {
        guard let boundary = parameter("boundary", of: contentType), !boundary.isEmpty else {
            return []
        }
        let delimiter = Array("--\(boundary)".utf8)
        var parts: [Part] = []
        guard var place = find(delimiter, in: body[...]) else { return [] }
        while parts.count < maxParts {
            var rest = body[(place + delimiter.count)...]
            // The last delimiter is followed by two hyphens, all others by a line end.
            guard rest.starts(with: [0x0d, 0x0a]) else { break }
            rest = rest.dropFirst(2)
            let lineDelimiter = [0x0d, 0x0a] + delimiter
            guard let end = find(lineDelimiter, in: rest) else { break }
            if let part = part(rest[..<end]) { parts.append(part) }
            place = end + 2
        }
        return parts
    }

    /// One part: fields, an empty line, bytes.
    private static func part(_ bytes: ArraySlice<UInt8>) -> Part? {
        var name: Text?
        var fileName: Text?
        var contentType: Text = ""
        var rest = bytes
        while let end = find([0x0d, 0x0a], in: rest) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 2)...]
            if line.isEmpty {
                guard let name else { return nil }
                return Part(
                    name: name, fileName: fileName, contentType: contentType, bytes: rest)
            }
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = String(line[line.index(after: colon)...].drop { $0 == " " })
            switch line[..<colon].lowercased() {
            case "content-disposition":
                name = parameter("name", of: value).map { Text($0) }
                fileName = parameter("filename", of: value).map { Text($0) }
            case "content-type": contentType = Text(value)
            default: continue
            }
        }
        return nil
    }

    /// The value of a parameter behind a field's value, `; name=value` or `; name="value"`.
    private static func parameter(_ name: String, of field: String) -> String? {
        var rest = field[...]
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == " " }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let found = rest[..<equals].lowercased() == name
            rest = rest[rest.index(after: equals)...]
            var value = ""
            if rest.first == "\"" {
                rest.removeFirst()
                while let character = rest.popFirst(), character != "\"" {
                    if character == "\\", let escaped = rest.popFirst() {
                        value.append(escaped)
                    } else {
                        value.append(character)
                    }
                }
            } else {
                value = String(rest.prefix { $0 != ";" && $0 != " " })
            }
            if found { return value }
        }
        return nil
    }

    /// Where these bytes occur first.
    private static func find(_ wanted: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.withUnsafeBufferPointer { source -> Int? in
            guard source.count >= wanted.count else { return nil }
            var index = 0
            while index <= source.count - wanted.count {
                if source[index] == wanted[0],
                    wanted.indices.allSatisfy({ source[index + $0] == wanted[$0] })
                {
                    return bytes.startIndex + index
                }
                index += 1
            }
            return nil
        }
    }
}
