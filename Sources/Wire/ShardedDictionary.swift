/// A key that tells its shard without being hashed for it.
public protocol ShardKey: Hashable {
    /// Bits that differ from key to key: an identifier's number, as a rule.
    var shardBits: UInt64 { get }
}

/// A dictionary cut into shards by key, so that growing never copies more than one shard.
///
/// The last shard gets twice as many keys as the first, and those between in steps. Shards of equal
/// size would be full at the same time: a million entries were copied in a row, shard after shard.
///
/// It has no iteration: the order would differ from process to process. `sortedKeys` gives an order
/// that does not.
public struct ShardedDictionary<Key: ShardKey, Value> {
    @usableFromInline var shards: [[Key: Value]]
    /// How many entries there are.
    @inlinable public var count: Int { entryCount }
    @usableFromInline var entryCount = 0

    /// An empty dictionary of `shards` parts, a million at most. An empty shard costs eight bytes.
    @inlinable public init(shards: Int = 1024) {
        precondition(shards > 0 && shards <= 1 << 20)
        self.shards = Array(repeating: [:], count: shards)
    }

    /// Whether there is no entry.
    @inlinable public var isEmpty: Bool { count == 0 }

    @inlinable func shard(of key: Key) -> Int {
        // Fibonacci hashing: keys at regular distances are spread evenly, over parts of 2^31.
        let part = (key.shardBits &* 0x9e37_79b9_7f4a_7c15) >> 33
        // About the logarithm of 1 + part to the base of 2: part * (1.3465 - 0.3465 * part).
        let place = (part &* (2_891_586_732 &- ((744_103_084 &* part) >> 31))) >> 31
        return Int(truncatingIfNeeded: (place &* UInt64(shards.count)) >> 31)
    }

    /// The value of a key; setting nil removes the entry.
    @inlinable public subscript(key: Key) -> Value? {
        get { shards[shard(of: key)][key] }
        set {
            let shard = shard(of: key)
            let before = shards[shard].count
            shards[shard][key] = newValue
            entryCount += shards[shard].count - before
        }
        _modify {
            let shard = shard(of: key)
            let before = shards[shard].count
            defer { entryCount += shards[shard].count - before }
            yield &shards[shard][key]
        }
    }

    /// The value of a key, or `defaultValue`, which a change in place stores.
    @inlinable
    public subscript(
        key: Key, default defaultValue: @autoclosure () -> Value
    ) -> Value {
        get { shards[shard(of: key)][key] ?? defaultValue() }
        _modify {
            let shard = shard(of: key)
            let before = shards[shard].count
            defer { entryCount += shards[shard].count - before }
            yield &shards[shard][key, default: defaultValue()]
        }
    }

    /// Sets the value of a key and gives the one it replaces.
    @inlinable @discardableResult
    public mutating func updateValue(_ value: Value, forKey key: Key) -> Value? {
        let old = shards[shard(of: key)].updateValue(value, forKey: key)
        if old == nil { entryCount += 1 }
        return old
    }

    /// Removes a key and gives its value.
    @inlinable @discardableResult
    public mutating func removeValue(forKey key: Key) -> Value? {
        let old = shards[shard(of: key)].removeValue(forKey: key)
        if old != nil { entryCount -= 1 }
        return old
    }

    /// Removes every entry.
    @inlinable public mutating func removeAll() {
        for index in shards.indices { shards[index] = [:] }
        entryCount = 0
    }

    /// Whether every entry satisfies the condition, asked in no particular order.
    @inlinable public func allSatisfy(
        _ condition: (Key, Value) throws -> Bool
    ) rethrows -> Bool {
        for shard in shards {
            for (key, value) in shard where try !condition(key, value) { return false }
        }
        return true
    }
}

extension ShardedDictionary where Key: Comparable {
    /// All keys in ascending order; costs a sort.
    @inlinable public var sortedKeys: [Key] {
        var keys: [Key] = []
        keys.reserveCapacity(count)
        for shard in shards { keys.append(contentsOf: shard.keys) }
        keys.sort()
        return keys
    }
}

extension ShardedDictionary: Equatable where Value: Equatable {
    /// Whether both hold equal entries, however many shards they have.
    @inlinable public static func == (a: Self, b: Self) -> Bool {
        if a.shards.count == b.shards.count { return a.shards == b.shards }
        return a.count == b.count && a.allSatisfy { key, value in b[key] == value }
    }
}

extension ShardedDictionary: Sendable where Key: Sendable, Value: Sendable {}
