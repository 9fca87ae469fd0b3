import Raft
import Routing
import Wire

/// What the rows of each table add up to: how many there are, and the sum of a number made of each
/// row's key and checksum. Order does not matter, so changing a row is a subtraction and an
/// addition, and what a walk over the table finds can be compared: a row that vanished or was
/// added behind the writer's back is a difference, though every row that is left reads well.
///
/// It finds rot and lost writes, not an adversary.
struct RowSums: Hashable, Sendable {
    /// One table's.
    struct Table: Hashable, Sendable {
        var rows: Int64 = 0
        var sum: UInt64 = 0

        /// Takes a row's change; nil is no row.
        mutating func change(_ major: Int64, _ minor: Int64, from old: Int64?, to new: Int64?) {
            if let old {
                rows &-= 1
                sum &-= RowSums.number(major, minor, old)
            }
            if let new {
                rows &+= 1
                sum &+= RowSums.number(major, minor, new)
            }
        }
    }

    /// By `RowTable.rawValue`; nil where it is not known: the file is of a release that kept none.
    private var tables: [Table?]

    /// Those of no rows, or unknown ones.
    init(areKnown: Bool) {
        tables = Array(repeating: nil, count: 256)
        if areKnown { for table in RowTable.allCases { self[table] = Table() } }
    }

    /// A table's; nil where it is not known.
    subscript(_ table: RowTable) -> Table? {
        get { tables[Int(table.rawValue)] }
        set { tables[Int(table.rawValue)] = newValue }
    }

    /// Rows in all tables whose sums are known.
    var rows: Int64 { tables.reduce(0) { $0 &+ ($1?.rows ?? 0) } }

    /// Takes a row's change.
    mutating func change(
        _ table: RowTable, _ major: Int64, _ minor: Int64, from old: Int64?, to new: Int64?
    ) {
        tables[Int(table.rawValue)]?.change(major, minor, from: old, to: new)
    }

    /// What a row counts: multiplications by odd numbers and xor-shifts of key and checksum.
    private static func number(_ major: Int64, _ minor: Int64, _ crc: Int64) -> UInt64 {
        var x = UInt64(bitPattern: major) &* 0x9e37_79b9_7f4a_7c15 ^ UInt64(bitPattern: minor)
        x = (x ^ (x >> 32)) &* 0xd6e8_feb8_6659_fd93
        x = (x ^ UInt64(bitPattern: crc)) &* 0x2545_f491_4f6c_dd1d
        return x ^ (x >> 29)
    }

    /// Why rows that were found are not those that were written; nil when they are.
    static func difference(found: Table, written: Table) -> String? {
        guard found != written else { return nil }
        let missing = written.rows &- found.rows
        if missing > 0 { return "\(missing) rows have vanished" }
        if missing < 0 { return "\(-missing) rows are there that were never written" }
        return "rows were exchanged for others"
    }

    // MARK: Row 2 of the mark

    /// The bytes kept with a mark at this index.
    func encoded(at index: LogIndex) -> [UInt8] {
        var writer = ByteWriter(capacity: 32 + 17 * RowTable.allCases.count)
        writer.u64(index.rawValue)
        for table in RowTable.allCases {
            guard let known = self[table] else { continue }
            writer.u8(table.rawValue)
            writer.u64(UInt64(bitPattern: known.rows))
            writer.u64(known.sum)
        }
        writer.u32(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }

    /// Reads what `encoded` wrote; nil when the checksum or form is wrong. Unknown sums when it
    /// belongs to another index: a release that keeps none has written since.
    init?(_ bytes: [UInt8], at index: LogIndex) {
        guard bytes.count > 4 else { return nil }
        let end = bytes.count - 4
        self.init(areKnown: false)
        do {
            var sum = ByteReader(bytes, range: end..<bytes.count)
            guard try sum.u32() == CRC32C.checksum(bytes[0..<end]) else { return nil }
            var reader = ByteReader(bytes, range: 0..<end)
            guard try reader.u64() == index.rawValue else { return }
            while !reader.isAtEnd {
                let table = Int(try reader.u8())
                tables[table] = Table(
                    rows: Int64(bitPattern: try reader.u64()), sum: try reader.u64())
            }
        } catch { return nil }
    }
}
