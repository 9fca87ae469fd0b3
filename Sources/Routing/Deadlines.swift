/// Moments at which something falls due, one for each key, served in (time, key) order.
///
/// A changed or dropped deadline stays in the heap until its old moment comes up, and is then
/// thrown away unseen.
struct Deadlines<Key: Hashable & Comparable & Sendable>: Sendable {
    private struct Item: Sendable {
        var time: LogTime
        var key: Key
        static func < (a: Item, b: Item) -> Bool {
            a.time != b.time ? a.time < b.time : a.key < b.key
        }
    }
    private var current: [Key: LogTime] = [:]
    private var heap: [Item] = []

    /// The earliest deadline.
    var first: LogTime? { heap.first?.time }
    /// How many keys have a deadline.
    var count: Int { current.count }

    /// The deadline of a key.
    subscript(key: Key) -> LogTime? { current[key] }

    /// Sets, moves or drops (nil) the deadline of a key.
    mutating func set(_ key: Key, _ time: LogTime?) {
        guard current[key] != time else { return }
        current[key] = time
        if let time { push(Item(time: time, key: key)) }
        dropStale()
    }

    /// Takes the earliest key whose deadline is not after `time`.
    mutating func popDue(at time: LogTime) -> Key? {
        guard let top = heap.first, !(time < top.time) else { return nil }
        current[top.key] = nil
        pop()
        dropStale()
        return top.key
    }

    private mutating func dropStale() {
        while let top = heap.first, current[top.key] != top.time { pop() }
    }

    private mutating func push(_ item: Item) {
        heap.append(item)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

extension Deadlines: Equatable {
    /// Equal deadlines for equal keys.
    static func == (a: Self, b: Self) -> Bool { a.current == b.current }
}
