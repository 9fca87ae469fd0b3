import Wire

extension InboundUpdate: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(project)
        writer.zigzag(updateID)
        switch content {
        case .message(let message):
            writer.u8(message.extras.tag(8, more: 10) ?? (verdict == nil ? 1 : 6))
            writer.put(message)
        case .edit(let message):
            writer.u8(message.extras.tag(9, more: 11) ?? (verdict == nil ? 2 : 7))
            writer.put(message)
        case .blocked(let user, let isBlocked):
            writer.u8(3)
            writer.put(user)
            writer.bool(isBlocked)
        case .callback(let user, let data):
            writer.u8(4)
            writer.put(user)
            writer.text(data)
        case .unsupported(let kind):
            writer.u8(5)
            writer.text(kind)
        }
        if let extras {
            if extras.hasMore { writer.put(WholeExtras(extras)) } else { writer.put(extras) }
            writer.put(verdict)
        } else if let verdict {
            writer.put(verdict)
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let project: ProjectID = try reader.take()
        let updateID = try reader.zigzag()
        let start = reader.offset
        let tag = try reader.u8()
        let content: Content
        switch tag {
        case 1, 6: content = .message(try reader.take())
        case 2, 7: content = .edit(try reader.take())
        case 8, 9:
            var message: InboundMessage = try reader.take()
            message.extras = try reader.take()
            content = tag == 8 ? .message(message) : .edit(message)
        case 10, 11:
            var message: InboundMessage = try reader.take()
            message.extras = try WholeExtras(from: &reader).extras
            guard message.extras.hasMore else {
                throw WireError(.badValue("extras"), offset: start)
            }
            content = tag == 10 ? .message(message) : .edit(message)
        case 3: content = .blocked(try reader.take(), try reader.bool())
        case 4: content = .callback(user: try reader.take(), data: try reader.text())
        case 5: content = .unsupported(kind: try reader.text())
        default: throw reader.unknown(tag, at: start)
        }
        self.init(project: project, updateID: updateID, content: content)
        switch tag {
        case 6, 7: verdict = try Verdict(from: &reader)
        case 8, 9, 10, 11: verdict = try reader.take()
        default: break  // Without a verdict.
        }
    }
}

extension MessageExtras {
    /// Which of two tags says what there is; nil: there is nothing.
    fileprivate func tag(_ few: UInt8, more: UInt8) -> UInt8? {
        isEmpty ? nil : hasMore ? more : few
    }
}

extension InboundUpdate {
    /// What goes along with its message, if anything does.
    var extras: MessageExtras? {
        switch content {
        case .message(let message), .edit(let message):
            message.extras.isEmpty ? nil : message.extras
        case .blocked, .callback, .unsupported: nil
        }
    }

    /// Whether its `/start` carries what held at the click, which the first level does not know.
    var tellsOfClick: Bool {
        switch content {
        case .message(let message), .edit(let message):
            guard case .click(_, _, _, let language, let pool, let project) = message.start else {
                return false
            }
            return !language.isEmpty || pool != nil || project != nil
        case .blocked, .callback, .unsupported: return false
        }
    }
}

extension InboundMessage: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(user)
        writer.text(name)
        writer.text(username)
        writer.text(language)
        writer.zigzag(messageID)
        writer.text(kind)
        writer.text(text)
        writer.text(fileID)
        writer.put(start)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            user: try reader.take(), name: try reader.text(), username: try reader.text(),
            language: try reader.text(), messageID: try reader.zigzag(),
            kind: try reader.text(), text: try reader.text(), fileID: try reader.text(),
            start: try reader.take())
    }
}

extension Start: Coded {
    func encode(into writer: inout ByteWriter) {
        switch self {
        case .plain: writer.u8(1)
        case .click(let link, let key, let clickedAt, let language, let pool, let project):
            writer.u8(project != nil ? 6 : pool != nil ? 5 : language.isEmpty ? 2 : 4)
            writer.put(link)
            writer.put(key)
            writer.put(clickedAt)
            if let project {
                writer.text(language)
                writer.put(pool)
                writer.put(project)
                return
            }
            if pool != nil || !language.isEmpty { writer.text(language) }
            if let pool { writer.put(pool) }
        case .text(let text):
            writer.u8(3)
            writer.text(text)
        }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let start = reader.offset
        let tag = try reader.u8()
        switch tag {
        case 1: self = .plain
        case 2:
            self = .click(
                link: try reader.take(), key: try reader.take(), clickedAt: try reader.take())
        case 3: self = .text(try reader.text())
        case 4:
            self = .click(
                link: try reader.take(), key: try reader.take(), clickedAt: try reader.take(),
                language: try reader.text())
            guard case .click(_, _, _, let language, _, _) = self, !language.isEmpty else {
                throw WireError(.badValue("language"), offset: start)
            }
        case 5:
            self = .click(
                link: try reader.take(), key: try reader.take(), clickedAt: try reader.take(),
                language: try reader.text(), pool: try PoolID(from: &reader))
        case 6:
            self = .click(
                link: try reader.take(), key: try reader.take(), clickedAt: try reader.take(),
                language: try reader.text(), pool: try reader.take(),
                project: try ProjectID(from: &reader))
        default: throw reader.unknown(tag, at: start)
        }
    }
}
