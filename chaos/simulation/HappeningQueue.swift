/// What will happen, by time and then by order of planning: a binary heap of small keys, beside
/// the happenings themselves, which stay where they are.
struct HappeningQueue {
    private struct Key {
        var time: Int64
        var order: UInt64
        var place: Int

        func isBefore(_ other: Key) -> Bool {
            time != other.time ? time < other.time : order < other.order
        }
    }
    private var heap: [Key] = []
    private var happenings: [SimulatedCluster.Happening?] = []
    private var free: [Int] = []
    private var nextOrder: UInt64 = 0

    /// When the next happens; nil if nothing is planned.
    var nextTime: Int64? { heap.first?.time }

    /// Plans something.
    mutating func insert(_ happening: SimulatedCluster.Happening, at time: Int64) {
        let place: Int
        if let last = free.popLast() {
            place = last
            happenings[place] = happening
        } else {
            place = happenings.count
            happenings.append(happening)
        }
        let key = Key(time: time, order: nextOrder, place: place)
        nextOrder += 1
        heap.append(key)
        var child = heap.count - 1
        while child > 0, key.isBefore(heap[(child - 1) / 2]) {
            heap[child] = heap[(child - 1) / 2]
            child = (child - 1) / 2
        }
        heap[child] = key
    }

    /// Takes what happens next; there must be something.
    mutating func removeFirst() -> SimulatedCluster.Happening {
        let place = heap[0].place
        let last = heap.removeLast()
        if !heap.isEmpty { sink(last) }
        free.append(place)
        return happenings[place].take()!
    }

    private mutating func sink(_ key: Key) {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(key) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = key
    }
}
