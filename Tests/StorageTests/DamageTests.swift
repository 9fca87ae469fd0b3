import Foundation
import Raft
import Routing
import Storage
import Testing
import Wire

/// What opening a damaged log showed.
private enum Finding: Equatable {
    case refused
    case intact
    /// A part is missing at the end; the check against the applied rows refused it.
    case fenced(lastIndex: UInt64)
    case wrong(String)
}

struct DamageTests {
    let scratch = Scratch()
    /// Sixty transactions, so that the file has several levels of pages.
    private let groups = (0..<60 as Range<UInt64>).map { round in
        [
            persist(
                round + 1, entries: round * 4 + 1...round * 4 + 4,
                size: round % 10 == 0 ? 9_000 : 300)
        ]
    }
    private var model: LogModel { LogModel(groups) }

    /// A log as a clean close leaves it, or as a crash does: with its writes in the WAL.
    private func makeLog(closed: Bool) throws -> (file: [UInt8], wal: [UInt8]) {
        let (store, _) = try openLog(scratch.log)
        for group in groups.prefix(40) { try store.write(group) }
        store.close()
        let (again, _) = try openLog(scratch.log)
        for group in groups.dropFirst(40) { try again.write(group) }
        if closed {
            again.close()
            return (bytes(of: scratch.log), [])
        }
        // By another process: closing a file here would drop SQLite's locks on it.
        let copy = Process()
        copy.executableURL = URL(fileURLWithPath: "/bin/cp")
        copy.arguments = [scratch.log, scratch.log + "-wal", scratch.path + "/copies"]
        try FileManager.default.createDirectory(
            atPath: scratch.path + "/copies", withIntermediateDirectories: true)
        try copy.run()
        copy.waitUntilExit()
        again.close()
        let log = scratch.path + "/copies/log.db"
        return (bytes(of: log), bytes(of: log + "-wal"))
    }

    private func examine(_ file: [UInt8], _ wal: [UInt8], number: Int) -> Finding {
        let path = scratch.path + "/damaged-\(number).db"
        write(file, to: path)
        if !wal.isEmpty { write(wal, to: path + "-wal") }
        defer {
            for end in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: path + end)
            }
        }
        do {
            let (store, stored) = try openLog(path)
            defer { store.close() }
            let whole = model
            let last = stored.last.index
            if last < whole.entries.last?.index ?? .zero {
                guard stored.tail == Array(whole.entries.prefix(stored.tail.count)) else {
                    return .wrong("what is left differs")
                }
                let applied = AppliedMark(index: LogIndex(240), term: Term(1))
                try StartCheck.verify(
                    log: store, stored: stored, applied: applied, stateFile: "state.db")
                return .wrong("a vanished tail passed")
            }
            guard try LogModel(stored, store) == whole else { return .wrong("contents differ") }
            return .intact
        } catch let error as StorageError {
            if error.kind == .vanishedTail {
                let words = error.detail.split(separator: " ")
                return .fenced(lastIndex: UInt64(words[3].dropLast()) ?? 0)
            }
            return error.kind == .corrupt || error.kind == .foreign || error.kind == .inputOutput
                || error.kind == .unknownFormat
                ? .refused : .wrong("\(error)")
        } catch {
            return .wrong("\(error)")
        }
    }

    @Test func `a flipped bit anywhere in the file is found or harmless`() throws {
        let (file, _) = try makeLog(closed: true)
        var dice = Dice(1)
        var refused = 0
        for number in 0..<240 {
            var damaged = file
            // The first page and the beginnings of pages are where structure is.
            let place =
                switch number % 4 {
                case 0: Int.random(in: 0..<4_096, using: &dice)
                case 1: Int.random(in: 0..<file.count / 4_096, using: &dice) * 4_096 + number % 24
                default: Int.random(in: 0..<file.count, using: &dice)
                }
            damaged[place] ^= 1 << UInt8(number % 8)
            let finding = examine(damaged, [], number: number)
            #expect(finding == .refused || finding == .intact, "byte \(place)")
            if finding == .refused { refused += 1 }
        }
        #expect(refused > 70)
    }

    @Test func `a flipped bit in the WAL is found, but for the very end, which is fenced`() throws {
        let (file, wal) = try makeLog(closed: false)
        #expect(wal.count > 100_000)
        #expect(examine(file, wal, number: -1) == .intact)
        var dice = Dice(2)
        for number in 0..<150 {
            var damaged = wal
            let place =
                number % 3 == 0
                ? 32 + Int.random(in: 0..<(wal.count - 32) / 4_120, using: &dice) * 4_120
                    + number % 24
                : number < 62 ? number / 2 : Int.random(in: 0..<wal.count, using: &dice)
            damaged[place] ^= 1 << UInt8(number % 8)
            switch examine(file, damaged, number: number) {
            case .refused, .intact: break
            // The last transaction; or the last two, when the mark of the end of the first broke.
            case .fenced(let last): #expect(last >= 232, "byte \(place)")
            case .wrong(let what): Issue.record("byte \(place): \(what)")
            }
        }
    }

    @Test func `a truncated file or WAL is found, or fenced by the applied rows`() throws {
        let (file, wal) = try makeLog(closed: false)
        for number in 0..<40 {
            let isShort = number % 2 == 0
            let part = isShort ? file : wal
            let cut = Array(part[0..<part.count * number / 40])
            let finding = examine(isShort ? cut : file, isShort ? wal : cut, number: number)
            if case .wrong(let what) = finding { Issue.record("cut \(number)/40: \(what)") }
        }
    }

    @Test func `a message names file, row and index`() throws {
        var (file, _) = try makeLog(closed: true)
        let needle = Data(entry(50, size: 300).payload[0..<200])
        let place = try #require(Data(file).range(of: needle)).lowerBound
        file[place + 7] ^= 4
        let path = scratch.path + "/named.db"
        write(file, to: path)
        let error = failure(.corrupt) { _ = try openLog(path) }
        #expect(error?.description.hasPrefix("\(path): table batches, row 49: ") == true)
        #expect(error?.description.hasSuffix("at index 49") == true)
    }

    @Test func `a row of state dot db is never read wrong`() throws {
        var model = StateModel()
        let store = try StateStore.open(path: scratch.state, identity: identity)
        for (changes, applied) in stateScript(batches: 40, seed: 8) {
            try store.write(changes, applied: applied)
            model.write(changes, applied: applied)
        }
        store.close()
        let file = bytes(of: scratch.state)
        var dice = Dice(3)
        var refused = 0
        for number in 0..<120 {
            var damaged = file
            let place = Int.random(in: 0..<file.count, using: &dice)
            damaged[place] ^= 1 << UInt8(number % 8)
            let path = scratch.path + "/damaged.db"
            write(damaged, to: path)
            do {
                let again = try StateStore.open(path: path, identity: identity)
                defer { again.close() }
                try again.load { table, major, minor, value in
                    let key = RowKey(table: table.rawValue, major: major, minor: minor)
                    #expect(model.rows[key] == value, "byte \(place)")
                }
            } catch {
                refused += 1
            }
            try FileManager.default.removeItem(atPath: path)
        }
        #expect(refused > 30)
    }
}
