/// The lines that requests and responses are written with.
enum MessageWriter {
    static func appendStatusLine(_ status: Int, into out: inout [UInt8]) {
        out.append("HTTP/1.1 ")
        appendDecimal(status, into: &out)
        out.append(0x20)
        out.append(reason(status))
        out.append("\r\n")
    }

    static func appendFields(
        of headers: HTTPHeaders, keepingConnection: Bool, into out: inout [UInt8]
    ) {
        if headers.isWireFormat && !headers.hasFramingField {
            out.append(contentsOf: headers.storage)
            return
        }
        headers.storage.withUnsafeBytes { storage in
            for field in headers.fields {
                let name = storage.part(field.name)
                if HTTPHeaders.isFraming(name) {
                    let isConnection = name.count == 10
                    guard isConnection && keepingConnection else { continue }
                }
                out.append(contentsOf: name)
                out.append(": ")
                out.append(contentsOf: storage.part(field.value))
                out.append("\r\n")
            }
        }
    }

    static func appendField(_ name: StaticString, _ value: [UInt8], into out: inout [UInt8]) {
        out.append(name)
        out.append(contentsOf: value)
        out.append("\r\n")
    }

    static func appendContentLength(_ count: Int, into out: inout [UInt8]) {
        out.append("Content-Length: ")
        appendDecimal(count, into: &out)
        out.append("\r\n")
    }

    /// Says what the version does not already say by itself.
    static func appendConnection(keepAlive: Bool, minorVersion: Int, into out: inout [UInt8]) {
        if !keepAlive {
            out.append("Connection: close\r\n")
        } else if minorVersion == 0 {
            out.append("Connection: keep-alive\r\n")
        }
    }

    static func appendLineEnd(into out: inout [UInt8]) { out.append("\r\n") }

    static func appendDecimal(_ number: Int, into out: inout [UInt8]) {
        precondition(number >= 0, "lengths and statuses have no sign")
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            out.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    /// The reason phrase, which nobody reads but people.
    static func reason(_ status: Int) -> StaticString {
        switch status {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}

extension [UInt8] {
    /// Appends the bytes of a literal.
    mutating func append(_ text: StaticString) {
        append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
