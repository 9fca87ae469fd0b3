/// What will happen, by time and then by order of planning: a binary heap.
struct HappeningQueue {
    private var heap: [(time: Int64, order: UInt64, happening: SimulatedCluster.Happening)] = []
    private var nextOrder: UInt64 = 0

    /// When the next happens; nil if nothing is planned.
    var nextTime: Int64? { heap.first?.time }

    /// Plans something.
    mutating func insert(_ happening: SimulatedCluster.Happening, at time: Int64) {
        heap.append((time, nextOrder, happening))
        nextOrder += 1
        var place = heap.count - 1
        while place > 0, isBefore(place, (place - 1) / 2) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// Takes what happens next; there must be something.
    mutating func removeFirst() -> SimulatedCluster.Happening {
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast().happening
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
                if isBefore(child, least) { least = child }
            }
            guard least != place else { return first }
            heap.swapAt(place, least)
            place = least
        }
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        (heap[a].time, heap[a].order) < (heap[b].time, heap[b].order)
    }
}
