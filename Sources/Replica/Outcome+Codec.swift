import Routing
import Wire

extension Outcome {
    /// Appends the outcome as it is kept for exactly-once requests. Tags are never reused.
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .done(let id):
            writer.u8(1)
            writer.zigzag(id)
        case .duplicate: writer.u8(2)
        case .refused(let refusal):
            writer.u8(3)
            refusal.encode(into: &writer)
        }
    }

    /// Reads an outcome back.
    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let tag = try reader.u8()
        switch tag {
        case 1: self = .done(id: try reader.zigzag())
        case 2: self = .duplicate
        case 3: self = .refused(try Refusal(from: &reader))
        default: throw WireError(.unknownTag(UInt64(tag)), offset: start)
        }
    }
}

extension Refusal {
    fileprivate func encode(into writer: inout ByteWriter) {
        switch self {
        case .notFound: writer.u8(1)
        case .alreadyExists: writer.u8(2)
        case .forbidden: writer.u8(3)
        case .ownedBy(let agent):
            writer.u8(4)
            writer.zigzag(agent.rawValue)
        case .versionConflict(let owner, let version):
            writer.u8(5)
            writer.bool(owner != nil)
            if let owner { writer.zigzag(owner.rawValue) }
            writer.varint(version)
        case .wrongState: writer.u8(6)
        case .notHead(let session):
            writer.u8(7)
            writer.zigzag(session.rawValue)
        case .refusedBy(let reasons):
            writer.u8(8)
            writer.u16(reasons.rawValue)
        case .needsConfirmation(let reasons):
            writer.u8(9)
            writer.u16(reasons.rawValue)
        case .noCandidate: writer.u8(10)
        case .invalid(let text):
            writer.u8(11)
            writer.text(text)
        case .needsLevel(let level):
            writer.u8(12)
            writer.varint(UInt64(level.rawValue))
        }
    }

    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let tag = try reader.u8()
        switch tag {
        case 1: self = .notFound
        case 2: self = .alreadyExists
        case 3: self = .forbidden
        case 4: self = .ownedBy(AgentID(try reader.zigzag()))
        case 5:
            let owner = try reader.bool() ? AgentID(try reader.zigzag()) : nil
            self = .versionConflict(owner: owner, version: try reader.varint())
        case 6: self = .wrongState
        case 7: self = .notHead(SessionID(try reader.zigzag()))
        case 8: self = .refusedBy(Reasons(rawValue: try reader.u16()))
        case 9: self = .needsConfirmation(Reasons(rawValue: try reader.u16()))
        case 10: self = .noCandidate
        case 11: self = .invalid(try reader.text())
        case 12:
            self = .needsLevel(FeatureLevel(UInt32(try reader.count(limit: Int(UInt32.max)))))
        default: throw WireError(.unknownTag(UInt64(tag)), offset: start)
        }
    }
}
